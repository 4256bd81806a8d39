// Reading a dump back and holding its files against each other.

#include <torch/torch.h>

#include <map>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "inspect/records/dump.h"
#include "inspect/records/run.h"
#include "nn/formats/safetensors.h"

namespace noema {
namespace {

constexpr int kSchema = 1;

[[noreturn]] void fail(const std::string& where, const std::string& expected, const std::string& found) {
  throw Error({where, expected, found, "the dump is damaged, or not one of noema's: dump again"});
}

void check_schema(const nlohmann::json& json, const std::string& where) {
  const auto schema = json_member<int>(json, "schema", where);
  if (schema != kSchema) fail(where + ": schema", std::to_string(kSchema), std::to_string(schema));
}

bool is_shard(const std::string& name) {
  return name.starts_with("trajectories") && name.ends_with(".safetensors") && name.find('/') == std::string::npos;
}

/// A shard's rows, and which of them a line has named.
class CheckedShard {
 public:
  explicit CheckedShard(const std::filesystem::path& path) : where_(path.string()) {
    const SafetensorsFile file = read_safetensors(path);
    for (const char* name : {"latents", "question", "step"}) {
      if (!file.tensors.contains(name)) fail(where_, std::string("a tensor \"") + name + "\"", "none");
    }
    const torch::Tensor latents = file.tensors.at("latents");
    if (latents.dim() != 2) fail(where_ + ": latents", "[N,Z]", std::to_string(latents.dim()) + " dimensions");
    rows_ = latents.size(0);
    for (const auto& [name, tensor] : file.tensors) {
      if (tensor.dim() < 1 || tensor.size(0) != rows_) fail(where_ + ": " + name, "as many rows as latents", "others");
    }
    check_finite(file.tensors, where_);
    question_ = file.tensors.at("question").to(torch::kLong).clone();
    step_ = file.tensors.at("step").to(torch::kLong).clone();
    if (question_.dim() != 1 || step_.dim() != 1) fail(where_, "question and step [N]", "other shapes");
  }

  void check_row(std::int64_t row, std::size_t question, std::size_t step, const std::string& where) {
    if (row < 0 || row >= rows_) fail(where + ": latent", "a row of " + where_, std::to_string(row));
    const bool same = question_[row].item<std::int64_t>() == static_cast<std::int64_t>(question) &&
                      step_[row].item<std::int64_t>() == static_cast<std::int64_t>(step);
    if (!same) fail(where + ": latent", "the row of this question and step", "another's");
    ++named_;
  }

  void check_all_named() const {
    if (named_ != rows_) fail(where_, std::to_string(rows_) + " rows named by lines", std::to_string(named_));
  }

 private:
  std::string where_;
  torch::Tensor question_, step_;  // [N] int64
  std::int64_t rows_ = 0, named_ = 0;
};

/// Everything that has been read of a dump so far.
class Verification {
 public:
  explicit Verification(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void take(const std::string& line, const std::string& where) {
    const nlohmann::json json = parse_json(line, where);
    parse_trajectory(json, where);  // throws for what is missing or of another type
    const auto id = json_member<std::size_t>(json, "id", where);
    if (!seen_.insert(id).second) fail(where + ": id", "a question that was not there before", std::to_string(id));
    const nlohmann::json& steps = json.at("steps");
    CheckedShard& shard = shard_of(json_member<std::string>(json, "shard", where), where);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (!steps[i].contains("latent")) continue;
      const std::string at = where + ": step " + std::to_string(i + 1);
      shard.check_row(json_member<std::int64_t>(steps[i], "latent", at), id, i, at);
      ++summary_.latents;
    }
    summary_.steps += steps.size();
    ++summary_.questions;
  }

  DumpSummary finish() {
    for (const auto& [name, shard] : shards_) shard.check_all_named();
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      const std::string name = entry.path().filename().string();
      if (is_shard(name) && !shards_.contains(name)) fail(entry.path().string(), "lines that name it", "none");
    }
    summary_.shards = shards_.size();
    return summary_;
  }

 private:
  CheckedShard& shard_of(const std::string& name, const std::string& where) {
    const auto found = shards_.find(name);
    if (found != shards_.end()) return found->second;
    if (!is_shard(name)) fail(where + ": shard", "the name of a shard in this folder", printable(name));
    return shards_.emplace(name, CheckedShard(folder_ / name)).first->second;
  }

  std::filesystem::path folder_;
  std::map<std::string, CheckedShard> shards_;
  std::set<std::size_t> seen_;
  DumpSummary summary_;
};

}  // namespace

DumpSummary verify_dump(const std::filesystem::path& folder) {
  const auto manifest = folder / "dump.json", lines = folder / "trajectories.jsonl";
  check_schema(read_json(manifest), manifest.string());
  std::istringstream file(read_file(lines));
  Verification verification(folder);
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    verification.take(line, lines.string() + ", line " + std::to_string(++number));
  }
  return verification.finish();
}

}  // namespace noema
