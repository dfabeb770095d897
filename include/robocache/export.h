/* SPDX-License-Identifier: Apache-2.0 */
/** @file export.h
 * Linkage of the public functions. Included by every public header; of no use on its own. */
#ifndef ROBOCACHE_EXPORT_H
#define ROBOCACHE_EXPORT_H

#if defined(__GNUC__)
#define RC_API __attribute__((visibility("default")))
#else
#define RC_API
#endif

#ifdef __cplusplus
#define RC_BEGIN_DECLARATIONS extern "C" {
#define RC_END_DECLARATIONS }
#else
#define RC_BEGIN_DECLARATIONS
#define RC_END_DECLARATIONS
#endif

#endif
