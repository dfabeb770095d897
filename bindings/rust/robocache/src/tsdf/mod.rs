// SPDX-License-Identifier: Apache-2.0
//! Distance fields.

mod extract;
mod from_points;
mod integrate;
mod rules;
mod unproject;

pub use extract::{TsdfExtractOptions, TsdfExtractOutputs};
pub use from_points::{TsdfFromPointsOptions, TsdfFromPointsOutputs};
pub use integrate::{TsdfIntegrateOptions, TsdfIntegrateOutputs};
pub use rules::{TsdfWeight, Volume};
pub use unproject::DepthUnit;
