#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "training/ranks/ranks.h"

namespace noema {

/// What a process must know to join a run.
struct Place {
  int rank = 0;
  int size = 1;
  std::string address = "127.0.0.1";  ///< of rank 0: a name or a number
  std::uint16_t port = 0;             ///< of its store
  std::string token;                  ///< of the run: who does not have it may not join
  std::optional<int> listener = {};   ///< rank 0: a socket that already listens there, which is taken over
  std::chrono::seconds patience{60};  ///< how long ranks wait for each other at the start
};

/// What must be the same on all ranks: names and values, such as {"recipe", its sha256}.
using Identity = std::vector<std::pair<std::string, std::string>>;

/// Meets the other ranks and connects to all of them. Rank 0 listens on the address given, and on no other. Throws
/// Error, on all ranks that came, for a port in use, a name that does not resolve, a rank that does not come within the
/// patience or comes twice, and one with another token, number of ranks or identity.
std::unique_ptr<Ranks> join_ranks(const Place& place, const Identity& identity);

/// A socket that listens on the address; port 0: one that is free. Throws Error.
int listen_on(const std::string& address, std::uint16_t port);

/// The port of a socket that listens.
std::uint16_t port_of(int listener);

}  // namespace noema
