#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "nn/model/lora.h"
#include "text/tokenizer.h"

namespace noema {

/// How a part that changes the bundle's base, rather than having all of its weights, fits it.
struct BundleAdapter {
  LoraOptions lora;
  std::string prefix;  ///< before the names of the base's tensors in the part: "backbone." in a concept model
};

/// One part of a bundle as it is stored.
struct StoredPart {
  nlohmann::json architecture;  ///< what to_json gives for its configuration, with "kind" (see BundlePart)
  TensorMap tensors;           ///< finite; all that the part has: an adapter is merged into the base. Not to be changed
  std::filesystem::path file;  ///< that they were read from
  std::string sha256;          ///< of that file
  std::vector<std::string> own = {};  ///< the names of the tensors in that file
};

/// A bundle on disk: noema.json, and the files that it names, each held against its sha256. What was hashed is what is
/// used: files are read once, and may be changed, cut short or removed afterwards. Links are not followed out of it. No
/// models are made of the parts.
class BundleFolder {
 public:
  enum class Base { may_have, refuse };

  /// Reads noema.json and the base, if there is one. Throws Error when there is no noema.json, or one of another
  /// format, or the base is not the one that it names or is refused.
  explicit BundleFolder(const std::filesystem::path& folder, Base base = Base::may_have);

  const nlohmann::json& manifest() const { return manifest_; }
  const std::string& where() const { return where_; }  ///< noema.json, for messages
  std::vector<std::string> part_names() const;

  /// Both throw Error for what is missing, damaged or other than noema.json says.
  std::unique_ptr<Tokenizer> tokenizer() const;
  StoredPart part(const std::string& name) const;

 private:
  void check_provenance() const;
  void read_base();
  TensorMap stored_base() const;
  TensorMap named_base() const;
  void lay_on(const std::string& below, StoredPart& part, const std::string& where) const;
  void merge_into_base(StoredPart& part, const nlohmann::json& adapter, const std::string& where) const;

  std::filesystem::path folder_;
  std::string where_;
  nlohmann::json manifest_, parts_;
  TensorMap base_;           // what adapters change; empty: there are none
  std::string base_sha256_;  // of its file
};

struct Backbone;
struct BackboneCut;

/// What the adapters of a bundle change, as it is written: in a file of the bundle, or as the name of a model that
/// find_model finds, and what is used of it.
struct BundleBase {
  const Backbone& backbone;
  const BackboneCut& cut;
  bool stored = true;
};

/// One part as it is written: the architecture is what to_json gives for its configuration, with "kind" added:
/// "language_model", "autoencoder", "concept" (then also "reads" and "writes") or "stop".
struct BundlePart {
  std::string name;
  nlohmann::json architecture;
  const TensorMap& tensors;
  torch::Dtype dtype = torch::kBFloat16;                ///< that they are written in
  std::optional<BundleAdapter> adapter = std::nullopt;  ///< the tensors are what the part has beside the base
  std::string on = {};  ///< the part that it lies on: tensors of the same names are the same, and stand there alone
};

/// Throws Error when a bundle cannot be written to the folder, since it holds anything but one.
void check_bundle_output(const std::filesystem::path& folder);

/// Writes a bundle, or replaces the one that is there, as a whole (see write_folder); noema.json has a digest of
/// itself. `base` is what adapters were trained on; nothing when no part is one. Throws Error as check_bundle_output
/// does, and for what cannot be written.
void save_bundle(const std::filesystem::path& folder, const std::string& task, const nlohmann::json& provenance,
                 const Tokenizer& tokenizer, const std::vector<BundlePart>& parts,
                 const std::optional<BundleBase>& base = std::nullopt);

}  // namespace noema
