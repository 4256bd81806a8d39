// Reading a dump back and holding its files against each other.

#include <torch/torch.h>

#include <map>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "inspect/records/dump.h"
#include "inspect/records/trajectory_line.h"
#include "nn/formats/safetensors.h"

namespace noema {
namespace {

[[noreturn]] void fail(const std::string& where, const std::string& expected, const std::string& found) {
  throw Error({where, expected, found, "the dump is damaged, or not one of noema's: dump again"});
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

  void check_row(std::size_t latent, std::size_t question, std::size_t step, const std::string& where) {
    const auto row = static_cast<std::int64_t>(latent);
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
    const auto read = read_record<DumpLine>(parse_json(line, where), where);
    if (!seen_.insert(read.id).second) {
      fail(where + ": id", "a question that was not there before", std::to_string(read.id));
    }
    CheckedShard& shard = shard_of(read.shard, where);
    for (std::size_t i = 0; i < read.steps.size(); ++i) {
      if (!read.steps[i].latent) continue;
      shard.check_row(*read.steps[i].latent, read.id, i, where + ": step " + std::to_string(i + 1));
      ++summary_.latents;
    }
    summary_.steps += read.steps.size();
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
  number_member(read_json(manifest), "schema", manifest.string(), 1, 1);
  std::istringstream file(read_file(lines));
  Verification verification(folder);
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    verification.take(line, lines.string() + ", line " + std::to_string(++number));
  }
  return verification.finish();
}

}  // namespace noema
