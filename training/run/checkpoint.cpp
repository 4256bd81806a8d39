#include "training/run/checkpoint.h"

#include <torch/torch.h>

#include <set>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "nn/formats/safetensors.h"

namespace noema {
namespace {

const std::string kParameters = "parameters.", kBest = "best.", kOptimizer = "optimizer.";

TensorMap with_prefix(const TensorMap& tensors, const std::string& prefix) {
  TensorMap found;
  for (const auto& [name, tensor] : tensors) {
    if (name.starts_with(prefix)) found[name.substr(prefix.size())] = tensor.clone();
  }
  return found;
}

/// The first line of a text that another does not have.
std::string first_line_beyond(const std::string& text, const std::string& other) {
  std::istringstream lines(text), known_lines(other);
  std::set<std::string> known;
  for (std::string line; std::getline(known_lines, line);) known.insert(line);
  for (std::string line; std::getline(lines, line);) {
    if (!known.contains(line)) return printable(line, 120);
  }
  return "nothing more";
}

}  // namespace

void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  TensorMap all;
  for (const auto& [name, tensor] : checkpoint.parameters) all[kParameters + name] = tensor;
  for (const auto& [name, tensor] : checkpoint.best_parameters) all[kBest + name] = tensor;
  for (const auto& [name, tensor] : checkpoint.optimizer) all[kOptimizer + name] = tensor;
  const nlohmann::json state = {{"step", checkpoint.step},
                                {"settings", checkpoint.settings},
                                {"best", checkpoint.best ? nlohmann::json(*checkpoint.best) : nlohmann::json()}};
  write_safetensors(path, all, {{"state", state.dump()}});
}

std::optional<Checkpoint> load_checkpoint(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  const SafetensorsFile file = read_safetensors(path);
  const auto text = file.metadata.find("state");
  const std::string where = path.string();
  if (text == file.metadata.end()) throw Error({where, "a checkpoint", "another safetensors file", "remove it"});
  const nlohmann::json state = parse_json(text->second, where);
  Checkpoint checkpoint;
  checkpoint.step = json_member<std::int64_t>(state, "step", where);
  checkpoint.settings = json_member<std::string>(state, "settings", where);
  if (!json_member<nlohmann::json>(state, "best", where).is_null()) {
    checkpoint.best = json_member<double>(state, "best", where);
  }
  checkpoint.parameters = with_prefix(file.tensors, kParameters);
  checkpoint.best_parameters = with_prefix(file.tensors, kBest);
  checkpoint.optimizer = with_prefix(file.tensors, kOptimizer);
  return checkpoint;
}

void check_same_settings(const std::string& saved, const std::string& now, const std::string& where) {
  if (saved == now) return;
  throw Error({where, "a stage trained by this recipe: " + first_line_beyond(now, saved),
               "another one's: " + first_line_beyond(saved, now),
               "choose another --run, or remove the file to train the stage anew"});
}

}  // namespace noema
