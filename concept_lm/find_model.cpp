#include "concept_lm/find_model.h"

#include <cstdlib>
#include <optional>

#include "base/error.h"

namespace noema {
namespace {

const char* const kDefaultModel = "stories";

bool is_bundle(const std::filesystem::path& folder) {
  std::error_code failure;  // a question may be given where a name may stand: it is no path, whatever its length
  return std::filesystem::exists(folder / "noema.json", failure);
}

std::optional<std::filesystem::path> found_in(const std::vector<std::filesystem::path>& folders,
                                              const std::string& name) {
  if (!name.empty() && is_bundle(name)) return name;
  const std::string wanted = name.empty() ? kDefaultModel : name;
  if (wanted.find('/') != std::string::npos) return std::nullopt;
  for (const auto& folder : folders) {
    if (is_bundle(folder / wanted)) return folder / wanted;
  }
  return std::nullopt;
}

std::string names_in(const std::vector<std::filesystem::path>& folders) {
  std::string names;
  for (const auto& folder : folders) {
    std::error_code failure;
    for (const auto& entry : std::filesystem::directory_iterator(folder, failure)) {
      if (is_bundle(entry.path())) names += (names.empty() ? "" : ", ") + entry.path().filename().string();
    }
  }
  return names.empty() ? "none" : names;
}

}  // namespace

std::vector<std::filesystem::path> model_folders() {
  std::vector<std::filesystem::path> folders;
  if (const char* chosen = std::getenv("NOEMA_MODELS")) folders.emplace_back(chosen);
  std::error_code failure;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failure);
  if (!failure) folders.push_back(program.parent_path().parent_path() / "share" / "noema" / "models");
  folders.emplace_back(NOEMA_MODEL_FOLDER);
  const char *cache = std::getenv("XDG_CACHE_HOME"), *home = std::getenv("HOME");
  if (cache) folders.push_back(std::filesystem::path(cache) / "noema" / "models");
  if (home && !cache) folders.push_back(std::filesystem::path(home) / ".cache" / "noema" / "models");
  return folders;
}

std::filesystem::path find_model(const std::string& name, const std::vector<std::filesystem::path>& folders) {
  if (const auto found = found_in(folders, name)) return *found;
  throw Error({"model " + printable(name.empty() ? kDefaultModel : name), "a bundle's folder or a model that ships",
               "neither", "models that ship: " + names_in(folders)});
}

bool is_model(const std::string& name, const std::vector<std::filesystem::path>& folders) {
  return found_in(folders, name).has_value();
}

}  // namespace noema
