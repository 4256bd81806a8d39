#pragma once

#include <torch/types.h>

#include <functional>
#include <memory>
#include <string>

namespace noema {

/// Work that a device has been shown, and does again at a word.
class Recording {
 public:
  virtual ~Recording() = default;

  /// The same operations on the same memory, whatever stands in it now.
  virtual void replay() = 0;
};

/// A device beside the processor that models compute on. The processor itself is no accelerator: a null pointer.
class Accelerator {
 public:
  virtual ~Accelerator() = default;

  virtual torch::Device device() const = 0;
  virtual std::string name() const = 0;  ///< for people

  /// The type that weights and hidden states are best kept in.
  virtual torch::Dtype best_dtype() const = 0;

  /// Records what `work` has the device do; it is called more than once. It may not wait for the device nor copy to or
  /// from it, and what it does may not depend on what stands in the device's memory. What it assigns to is the
  /// recording's own, and is overwritten by each replay of any recording. The accelerator must outlive it, and one
  /// thread at a time record and replay.
  virtual std::unique_ptr<Recording> record(const std::function<void()>& work) const = 0;

  /// Returns when all that the device was given to do is done.
  virtual void wait() const = 0;
};

/// The first NVIDIA GPU. Loads the library libnoema_cuda, and with it libtorch's part for GPUs, which nothing else
/// does. To be called before anything else asks for the device. Throws Error, saying what is missing.
std::shared_ptr<const Accelerator> open_cuda();

}  // namespace noema
