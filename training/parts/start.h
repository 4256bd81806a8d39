#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "nn/model/weights.h"
#include "text/tokenizer.h"
#include "training/parts/parts.h"

namespace noema {

/// A bundle that a run starts from: each stage from its part of the same name. Empty: it starts from nothing.
struct Start {
  std::string name;                            ///< of its folder
  std::shared_ptr<const Tokenizer> tokenizer;  ///< null: there is none
  std::map<std::string, TensorMap> parts;      ///< fp32
  Architectures architectures;                 ///< of the parts
};

/// That of the bundle in `folder`; an empty path: nothing. Throws Error as BundleFolder does.
Start read_start(const std::filesystem::path& folder);

}  // namespace noema
