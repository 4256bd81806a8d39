#include "concept_lm/bundle_folder.h"

#include <torch/torch.h>

#include <algorithm>
#include <limits>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/output_folder.h"
#include "concept_lm/backbone.h"
#include "concept_lm/find_model.h"
#include "nn/formats/safetensors.h"

namespace noema {
namespace {

constexpr int kFormat = 2, kOldestFormat = 1;  // that is written, and that is still read
const char *const kManifest = "noema.json", *const kBase = "base.safetensors", *const kTokenizer = "tokenizer.model";

constexpr std::uint64_t kLargestText = 64 << 20;  // bytes of noema.json, and of a tokenizer

/// A file of the bundle, itself and nothing that a link leads to, as it is now: what happens to it later changes
/// nothing.
std::shared_ptr<const MappedFile> read_whole(const std::filesystem::path& path,
                                             std::uint64_t max_bytes = std::numeric_limits<std::uint64_t>::max()) {
  return std::make_shared<const MappedFile>(path, "a file of the bundle", Links::refuse, MappedFile::Hold::copy,
                                            max_bytes);
}

/// A file of the bundle whose name cannot lead out of the folder.
std::filesystem::path path_of(const std::filesystem::path& folder, const nlohmann::json& entry,
                              const std::string& where) {
  const auto name = json_member<std::string>(entry, "file", where);
  if (name.empty() || name.front() == '.' || name.find_first_of("/\\") != std::string::npos) {
    throw Error({where + ": file", "the name of a file in the bundle", printable(name), ""});
  }
  return folder / name;
}

/// What is at `path`, when its content is what the manifest says: the bytes that were hashed are those that are read.
std::shared_ptr<const MappedFile> verified(const std::filesystem::path& path, const nlohmann::json& entry,
                                           const std::string& where,
                                           const char* when_missing = "fetch the bundle again",
                                           std::uint64_t max_bytes = std::numeric_limits<std::uint64_t>::max()) {
  const auto expected = json_member<std::string>(entry, "sha256", where);
  if (!std::filesystem::exists(path)) {
    throw Error({path.string(), "a file of sha256 " + printable(expected, 64), "no such file", when_missing});
  }
  std::shared_ptr<const MappedFile> file = read_whole(path, max_bytes);
  const std::string found = sha256(file->text());
  if (found != expected) {
    throw Error(
        {path.string(), "sha256 " + expected, found, "the file was changed or damaged; fetch the bundle again"});
  }
  return file;
}

nlohmann::json save_base(const std::filesystem::path& folder, const BundleBase& base) {
  if (base.stored) {
    write_safetensors(folder / kBase, base.backbone.tensors);
    return {{"file", kBase}, {"sha256", sha256_file(folder / kBase)}};
  }
  nlohmann::json entry = to_json(BackboneCut(base.cut));
  entry["model"] = base.backbone.name;
  entry["sha256"] = base.backbone.sha256;
  return entry;
}

/// Adds tensors that the part's own file must not have.
void add_tensors(StoredPart& part, const TensorMap& tensors, const std::string& prefix) {
  for (const auto& [name, tensor] : tensors) {
    if (part.tensors.try_emplace(prefix + name, tensor).second) continue;
    throw Error({part.file.string(), "only what stands in no other file", "\"" + printable(prefix + name) + "\"",
                 "the file is not the part that noema.json says"});
  }
}

/// The tensors that stand in the part's own file, as they are written.
TensorMap own_tensors(const BundlePart& part, const std::vector<BundlePart>& parts) {
  const auto below = std::find_if(parts.begin(), parts.end(), [&](const auto& other) { return other.name == part.on; });
  TensorMap own;
  for (const auto& [name, tensor] : part.tensors) {
    if (below == parts.end() || !below->tensors.contains(name)) own[name] = tensor.detach().to(part.dtype);
  }
  return own;
}

LoraOptions adapter_options(nlohmann::json entry, const std::string& where) {
  for (const char* key : {"prefix", "base"}) entry.erase(key);
  return from_json<LoraOptions>(entry, where);
}

nlohmann::json adapter_entry(const BundleAdapter& adapter, const nlohmann::json& base) {
  nlohmann::json entry = to_json(adapter.lora);
  entry["prefix"] = adapter.prefix;
  entry["base"] = base.at("sha256");
  return entry;
}

/// Format 1 called an encoder by what it makes, knew one decoder, and gave every bottleneck a width.
void upgrade_architecture(nlohmann::json& architecture) {
  if (!architecture.is_object() || !architecture.contains("embedding")) return;
  architecture["encoder"] = architecture["embedding"];
  architecture["decoder"] = "prefix";
  architecture.erase("embedding");
  if (architecture.value("bottleneck", nlohmann::json()) == "identity") architecture.erase("latent_width");
}

}  // namespace

BundleFolder::BundleFolder(const std::filesystem::path& folder, Base base)
    : folder_(folder), where_((folder / kManifest).string()) {
  if (!std::filesystem::exists(where_)) {
    throw Error({folder.string(), "a model bundle (a folder with noema.json)",
                 std::filesystem::exists(folder) ? "no noema.json in it" : "no such folder", "check the path"});
  }
  manifest_ = parse_json(read_whole(where_, kLargestText)->text(), where_);
  const auto format = json_member<std::int64_t>(manifest_, "format", where_);
  if (format < kOldestFormat || format > kFormat) {
    throw Error({where_ + ": format", std::to_string(kOldestFormat) + " to " + std::to_string(kFormat),
                 std::to_string(format), "use the version of noema that wrote the bundle, or train it again"});
  }
  check_digest(manifest_, where_);
  need_only_members(manifest_, {"format", "task", "provenance", "tokenizer", "base", "parts", kDigestMember}, where_);
  parts_ = json_member<nlohmann::json>(manifest_, "parts", where_);
  if (!parts_.is_object()) throw Error({where_ + ": parts", "an object", printable(parts_.dump()), ""});
  for (auto& [name, entry] : parts_.items()) {
    if (format == 1 && entry.is_object()) upgrade_architecture(entry["architecture"]);
  }
  manifest_["parts"] = parts_;
  check_provenance();
  if (!manifest_.contains("base")) return;
  if (base == Base::refuse) {
    throw Error(
        {where_ + ": base", "a model with all of its weights", "adapters", "start from the backbone they adapt"});
  }
  read_base();
}

void BundleFolder::check_provenance() const {
  if (!manifest_.contains("provenance")) return;
  const std::string here = where_ + ": provenance";
  const auto provenance = json_member<nlohmann::json>(manifest_, "provenance", where_);
  if (!provenance.is_object()) throw Error({here, "an object", provenance.type_name(), ""});
  for (const char* key : {"name", "commit"}) {
    if (provenance.contains(key)) json_member<std::string>(provenance, key, here);
  }
  if (!provenance.contains("validation")) return;
  for (const auto& [stage, measures] : provenance["validation"].items()) {
    const std::string where = here + ": validation of " + printable(stage);
    if (!measures.is_object()) throw Error({where, "an object", measures.type_name(), ""});
    for (const auto& [measure, share] : measures.items()) json_member<double>(measures, measure, where);
  }
}

void BundleFolder::read_base() {
  const nlohmann::json& entry = manifest_["base"];
  base_sha256_ = json_member<std::string>(entry, "sha256", where_ + ": base");
  base_ = entry.contains("model") ? named_base() : stored_base();
}

TensorMap BundleFolder::stored_base() const {
  const std::string here = where_ + ": base";
  need_only_members(manifest_["base"], {"file", "sha256"}, here);
  const std::filesystem::path path = path_of(folder_, manifest_["base"], here);
  const auto file =
      verified(path, manifest_["base"], here, "copy the chain.safetensors of the adapters' backbone there");
  TensorMap base = read_safetensors(file, path.string()).tensors;
  check_weights(base, path.string());
  return base;
}

TensorMap BundleFolder::named_base() const {
  const std::string here = where_ + ": base";
  nlohmann::json entry = manifest_["base"];
  const auto name = json_member<std::string>(entry, "model", here);
  if (name.empty() || name.find('/') != std::string::npos) {
    throw Error({here + ": model", "the name of a model", printable(name), ""});
  }
  for (const char* key : {"model", "sha256"}) entry.erase(key);
  Backbone backbone = read_backbone(find_model(name), from_json<BackboneCut>(entry, here));
  if (backbone.sha256 == base_sha256_) return std::move(backbone.tensors);
  throw Error({here + ": " + printable(name), "sha256 " + printable(base_sha256_, 64), backbone.sha256,
               "the adapters were trained on another model of that name"});
}

std::vector<std::string> BundleFolder::part_names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : parts_.items()) names.push_back(name);
  return names;
}

std::unique_ptr<Tokenizer> BundleFolder::tokenizer() const {
  const auto entry = json_member<nlohmann::json>(manifest_, "tokenizer", where_);
  need_only_members(entry, {"file", "sha256"}, where_ + ": tokenizer");
  const std::filesystem::path path = path_of(folder_, entry, where_ + ": tokenizer");
  const auto file = verified(path, entry, where_ + ": tokenizer", "fetch the bundle again", kLargestText);
  return parse_tokenizer(std::string(file->text()), path.string());
}

StoredPart BundleFolder::part(const std::string& name) const {
  const auto entry = json_member<nlohmann::json>(parts_, name, where_ + ": parts");
  const std::string here = where_ + ": " + printable(name);
  need_only_members(entry, {"file", "sha256", "architecture", "on", "adapter"}, here);
  const std::filesystem::path path = path_of(folder_, entry, here);
  StoredPart part{json_member<nlohmann::json>(entry, "architecture", here),
                  read_safetensors(verified(path, entry, here), path.string()).tensors, path,
                  json_member<std::string>(entry, "sha256", here)};
  check_weights(part.tensors, path.string());
  for (const auto& [own, tensor] : part.tensors) part.own.push_back(own);
  if (entry.contains("on")) lay_on(json_member<std::string>(entry, "on", here), part, here + ": on");
  if (entry.contains("adapter")) merge_into_base(part, entry["adapter"], here + ": adapter");
  return part;
}

void BundleFolder::lay_on(const std::string& below, StoredPart& part, const std::string& where) const {
  if (json_member<nlohmann::json>(parts_, below, where).contains("on")) {
    throw Error({where, "a part that lies on no other", printable(below), ""});
  }
  add_tensors(part, this->part(below).tensors, "");
}

void BundleFolder::merge_into_base(StoredPart& part, const nlohmann::json& adapter, const std::string& where) const {
  const auto base = json_member<std::string>(adapter, "base", where);
  if (base != base_sha256_) {
    throw Error({where + ": base", base_sha256_.empty() ? "a bundle with a base" : "sha256 " + base_sha256_,
                 printable(base, 64), "the adapter was trained on another backbone"});
  }
  const auto prefix = json_member<std::string>(adapter, "prefix", where);
  add_tensors(part, base_, prefix);
  part.tensors = merge_lora(std::move(part.tensors), adapter_options(adapter, where), part.file.string());
  check_weights(part.tensors, part.file.string());
}

void check_bundle_output(const std::filesystem::path& folder) {
  std::error_code ignored;
  const bool is_bundle = std::filesystem::exists(folder / kManifest, ignored);
  check_output_folder(folder, "a model bundle", [is_bundle](const std::string& name) {
    return is_bundle && (name == kManifest || name == kTokenizer || name.ends_with(".safetensors"));
  });
}

void save_bundle(const std::filesystem::path& folder, const std::string& task, const nlohmann::json& provenance,
                 const Tokenizer& tokenizer, const std::vector<BundlePart>& parts,
                 const std::optional<BundleBase>& base) {
  check_bundle_output(folder);
  nlohmann::json manifest = {{"format", kFormat}, {"task", task}, {"provenance", provenance}};
  manifest["tokenizer"] = {{"file", kTokenizer}, {"sha256", sha256(tokenizer.serialized())}};
  manifest["parts"] = nlohmann::json::object();
  write_folder(folder, [&](const std::filesystem::path& fresh) {
    write_file(fresh / kTokenizer, tokenizer.serialized());
    if (base) manifest["base"] = save_base(fresh, *base);
    for (const BundlePart& part : parts) {
      const std::string file = part.name + ".safetensors";
      write_safetensors(fresh / file, own_tensors(part, parts));
      nlohmann::json& entry = manifest["parts"][part.name];
      entry = {{"file", file}, {"sha256", sha256_file(fresh / file)}, {"architecture", part.architecture}};
      if (!part.on.empty()) entry["on"] = part.on;
      if (part.adapter) entry["adapter"] = adapter_entry(*part.adapter, manifest.at("base"));
    }
    add_digest(manifest);
    write_file(fresh / kManifest, manifest.dump(1) + "\n");
  });
}

}  // namespace noema
