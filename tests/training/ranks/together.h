#pragma once

#include <unistd.h>

#include <exception>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "training/ranks/join.h"

namespace noema {

/// Places for so many ranks of one run on this machine.
inline std::vector<Place> places(int size) {
  std::vector<Place> all;
  const int listener = listen_on("127.0.0.1", 0);
  for (int rank = 0; rank < size; ++rank) {
    all.push_back({.rank = rank, .size = size, .port = port_of(listener), .token = "of a test"});
    all.back().patience = std::chrono::seconds(20);
  }
  all.front().listener = listener;
  return all;
}

/// Does something as each of the ranks, on a thread for each. Returns what each complained about; empty: nothing.
inline std::vector<std::string> together(std::size_t size, const std::function<void(std::size_t rank)>& action) {
  std::vector<std::string> complaints(size);
  std::vector<std::thread> threads;
  for (std::size_t rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      try {
        action(rank);
      } catch (const std::exception& error) {
        complaints[rank] = error.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return complaints;
}

}  // namespace noema
