#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "nn/weights.h"
#include "text/tokenizer.h"

namespace noema {

/// One part of a bundle as it is stored.
struct StoredPart {
  nlohmann::json architecture;  ///< what to_json gives for its configuration, with "kind" (see BundlePart)
  TensorMap tensors;            ///< finite, in the type they are stored in; views of the file
  std::filesystem::path file;   ///< that they were read from
  std::string sha256;           ///< of that file
};

/// A bundle on disk: noema.json, and the files that it names, each held against its sha256 before it is read. No models
/// are made of the parts.
class BundleFolder {
 public:
  /// Reads noema.json. Throws Error when there is none, or one of another format.
  explicit BundleFolder(const std::filesystem::path& folder);

  const nlohmann::json& manifest() const { return manifest_; }
  const std::string& where() const { return where_; }  ///< noema.json, for messages
  std::vector<std::string> part_names() const;

  /// Both throw Error for what is missing, damaged or other than noema.json says.
  std::unique_ptr<Tokenizer> tokenizer() const;
  StoredPart part(const std::string& name) const;

 private:
  std::filesystem::path folder_;
  std::string where_;
  nlohmann::json manifest_, parts_;
};

/// One part as it is written: the architecture is what to_json gives for its configuration, with "kind" added:
/// "language_model", "autoencoder", "concept" (then also "reads" and "writes") or "stop".
struct BundlePart {
  std::string name;
  nlohmann::json architecture;
  const TensorMap& tensors;
  torch::Dtype dtype = torch::kBFloat16;  ///< that they are written in
};

/// Writes a bundle, noema.json last: a folder without it is not a bundle.
void save_bundle(const std::filesystem::path& folder, const std::string& task, const nlohmann::json& provenance,
                 const Tokenizer& tokenizer, const std::vector<BundlePart>& parts);

}  // namespace noema
