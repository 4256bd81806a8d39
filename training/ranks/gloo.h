#pragma once

#include <c10/util/intrusive_ptr.h>

#include <chrono>
#include <string>

namespace c10d {
class Backend;
class Store;
}  // namespace c10d

namespace noema {

/// Connections from this rank to all others, by Gloo: listening on `address`, for sums of tensors on the processor.
/// Throws c10::Error when they are not there within the patience.
c10::intrusive_ptr<c10d::Backend> connect_gloo(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size,
                                               const std::string& address, std::chrono::seconds patience);

}  // namespace noema
