#include "concept_lm/bundle_folder.h"

#include <torch/torch.h>

#include "base/error.h"
#include "base/file.h"
#include "nn/safetensors.h"

namespace noema {
namespace {

constexpr int kFormat = 1;
const char* const kManifest = "noema.json";

/// A file of the bundle whose name cannot lead out of the folder and whose content is what the manifest says.
std::filesystem::path verified_file(const std::filesystem::path& folder, const nlohmann::json& entry,
                                    const std::string& where) {
  const auto name = json_member<std::string>(entry, "file", where);
  if (name.empty() || name.front() == '.' || name.find_first_of("/\\") != std::string::npos) {
    throw Error({where + ": file", "the name of a file in the bundle", printable(name), ""});
  }
  const std::filesystem::path path = folder / name;
  const auto expected = json_member<std::string>(entry, "sha256", where);
  const std::string found = sha256_file(path);
  if (found != expected) {
    throw Error(
        {path.string(), "sha256 " + expected, found, "the file was changed or damaged; fetch the bundle again"});
  }
  return path;
}

}  // namespace

BundleFolder::BundleFolder(const std::filesystem::path& folder)
    : folder_(folder), where_((folder / kManifest).string()) {
  if (!std::filesystem::exists(where_)) {
    throw Error({folder.string(), "a model bundle (a folder with noema.json)",
                 std::filesystem::exists(folder) ? "no noema.json in it" : "no such folder", "check the path"});
  }
  manifest_ = read_json(where_);
  const auto format = json_member<std::int64_t>(manifest_, "format", where_);
  if (format != kFormat) {
    throw Error({where_ + ": format", std::to_string(kFormat), std::to_string(format),
                 "use the version of noema that wrote the bundle, or train it again"});
  }
  parts_ = json_member<nlohmann::json>(manifest_, "parts", where_);
  if (!parts_.is_object()) throw Error({where_ + ": parts", "an object", printable(parts_.dump()), ""});
}

std::vector<std::string> BundleFolder::part_names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : parts_.items()) names.push_back(name);
  return names;
}

std::unique_ptr<Tokenizer> BundleFolder::tokenizer() const {
  const auto entry = json_member<nlohmann::json>(manifest_, "tokenizer", where_);
  return load_tokenizer(verified_file(folder_, entry, where_ + ": tokenizer"));
}

StoredPart BundleFolder::part(const std::string& name) const {
  const auto entry = json_member<nlohmann::json>(parts_, name, where_ + ": parts");
  const std::string here = where_ + ": " + printable(name);
  const std::filesystem::path path = verified_file(folder_, entry, here);
  StoredPart part{json_member<nlohmann::json>(entry, "architecture", here), read_safetensors(path).tensors, path,
                  json_member<std::string>(entry, "sha256", here)};
  check_finite(part.tensors, path.string());
  return part;
}

void save_bundle(const std::filesystem::path& folder, const std::string& task, const nlohmann::json& provenance,
                 const Tokenizer& tokenizer, const std::vector<BundlePart>& parts) {
  std::filesystem::create_directories(folder);
  std::filesystem::remove(folder / kManifest);
  nlohmann::json manifest = {{"format", kFormat}, {"task", task}, {"provenance", provenance}};
  write_file(folder / "tokenizer.model", tokenizer.serialized());
  manifest["tokenizer"] = {{"file", "tokenizer.model"}, {"sha256", sha256(tokenizer.serialized())}};
  manifest["parts"] = nlohmann::json::object();
  for (const BundlePart& part : parts) {
    TensorMap tensors;
    for (const auto& [name, tensor] : part.tensors) tensors[name] = tensor.detach().to(part.dtype);
    const std::string file = part.name + ".safetensors";
    write_safetensors(folder / file, tensors);
    manifest["parts"][part.name] = {
        {"file", file}, {"sha256", sha256_file(folder / file)}, {"architecture", part.architecture}};
  }
  write_file(folder / kManifest, manifest.dump(1) + "\n");
}

}  // namespace noema
