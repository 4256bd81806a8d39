#pragma once

#include <c10/util/intrusive_ptr.h>

#include <string>

#include "training/ranks/join.h"

namespace c10d {
class Store;
}

namespace noema {

/// Where ranks have met: the store that rank 0 keeps.
struct Meeting {
  c10::intrusive_ptr<c10d::Store> store;  ///< for those alone who have the token: its names begin with a secret
  std::string address;                    ///< of this machine, where the others reach it
};

/// All ranks say who they are; rank 0 compares, and lets all in or none. Throws Error as join_ranks().
Meeting meet(const Place& place, const Identity& identity);

}  // namespace noema
