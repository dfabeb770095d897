// SPDX-License-Identifier: Apache-2.0
// What every micro-measurement shares: memory of the device, time, and where results go.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/graph_replay.h"

namespace rc::micro {

using bench::check;

// One measurement: what was done, by what, over how much memory, and how long one launch took.
struct Row {
  std::string work;
  std::string with;
  std::string order;          // of the addresses, where there is a choice
  std::size_t footprint = 0;  // bytes that the addresses are spread over
  double us = 0;              // median
  double bytes = 0;           // asked for by the program
  double operations = 0;      // of one lane each
  double sectors = 0;         // of 32 bytes, counted once for each warp's access
};

struct Machine {
  std::string device;
  int multiprocessors = 0;
  int l2_bytes = 0;
  int driver = 0;
  int runtime = 0;
  double megahertz = 0;  // of the multiprocessors, measured
};

// Memory of the device, of random bits, others for each seed.
class Memory {
 public:
  explicit Memory(std::size_t bytes, std::uint32_t seed = 1);
  ~Memory() { cudaFree(data_); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  void* data_ = nullptr;
};

// Throws unless the first bytes of both are the same.
void must_be_equal(const Memory& one, const Memory& other, std::size_t bytes);

class Bench {
 public:
  Bench();
  ~Bench();
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  const Machine& machine() const { return machine_; }
  const std::vector<Row>& rows() const { return rows_; }
  cudaStream_t stream() const { return stream_; }

  // Median microseconds of one launch: replays of a graph that holds `launches` of them, between
  // events. `launch` enqueues number i of them on stream().
  double microseconds(int launches, const std::function<void(int)>& launch);

  // Times, and keeps the row with its time.
  void measure(Row row, int launches, const std::function<void(int)>& launch);

 private:
  Machine machine_;
  std::vector<Row> rows_;
  cudaStream_t stream_ = nullptr;
  cudaEvent_t begin_ = nullptr;
  cudaEvent_t end_ = nullptr;
};

// The groups of measurements, one file each.
void measure_launch(Bench& bench);
void measure_stream(Bench& bench);
void measure_bulk(Bench& bench);
void measure_scatter(Bench& bench);
void measure_gather(Bench& bench);
void measure_shared(Bench& bench);
void measure_search(Bench& bench);

}  // namespace rc::micro
