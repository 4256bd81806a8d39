// Reading a dump back and holding its files against each other.

#include <torch/torch.h>

#include <map>

#include "base/error.h"
#include "base/file.h"
#include "inspect/records/dump.h"
#include "inspect/records/dump_shard.h"
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
    const auto bytes = std::make_shared<const MappedFile>(path, "a shard", Links::follow, MappedFile::Hold::copy);
    sha256_ = sha256(bytes->text());
    const SafetensorsFile file = read_safetensors(bytes, where_);
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

  void count_question() { ++questions_; }

  void check_all_named() const {
    if (named_ != rows_) fail(where_, std::to_string(rows_) + " rows named by lines", std::to_string(named_));
  }

  void check_against(const DumpShard& written) const {
    if (questions_ != written.questions) {
      fail(where_, std::to_string(written.questions) + " questions", std::to_string(questions_));
    }
    if (sha256_ != written.sha256) fail(where_, "sha256 " + printable(written.sha256, 64), sha256_);
  }

 private:
  std::string where_;
  torch::Tensor question_, step_;  // [N] int64
  std::string sha256_;
  std::int64_t rows_ = 0, named_ = 0, questions_ = 0;
};

/// Everything that has been read of a dump so far.
class Verification {
 public:
  explicit Verification(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void take(std::string_view line, const std::string& where) {
    const auto read = read_record<DumpLine>(parse_json(line, where), where);
    if (!seen_.insert(read.id).second) {
      fail(where + ": id", "a question that was not there before", std::to_string(read.id));
    }
    CheckedShard& shard = shard_of(read.shard, where);
    shard.count_question();
    for (std::size_t i = 0; i < read.steps.size(); ++i) {
      if (!read.steps[i].latent) continue;
      shard.check_row(*read.steps[i].latent, read.id, i, where + ": step " + std::to_string(i + 1));
      ++summary_.latents;
    }
    summary_.steps += read.steps.size();
    ++summary_.questions;
  }

  DumpSummary finish(const std::optional<std::vector<DumpShard>>& written) {
    for (const auto& [name, shard] : shards_) shard.check_all_named();
    for (const DumpShard& shard : written.value_or(std::vector<DumpShard>())) {
      const auto found = shards_.find(shard.file);
      if (found == shards_.end())
        fail((folder_ / kDumpLines).string(), "lines of " + printable(shard.file, 80), "none");
      found->second.check_against(shard);
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      const std::string name = entry.path().filename().string();
      if (is_shard(name) && !shards_.contains(name)) fail(entry.path().string(), "lines that name it", "none");
    }
    if (written && shards_.size() != written->size()) {
      fail((folder_ / kDumpManifest).string(), std::to_string(shards_.size()) + " shards",
           std::to_string(written->size()));
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
  const std::string manifest = (folder / kDumpManifest).string(), lines = (folder / kDumpLines).string();
  const auto shards = dump_shards(read_json(manifest), manifest);
  const std::string content = std::filesystem::exists(lines) || !shards || !shards->empty() ? read_file(lines) : "";
  Verification verification(folder);
  each_line(content, 1, [&](std::string_view line, std::size_t number) {
    verification.take(line, lines + ", line " + std::to_string(number));
  });
  const DumpSummary summary = verification.finish(shards);
  if (!shards) return summary;
  std::size_t whole = 0;
  for (const std::string_view its : lines_of(*shards, content, lines)) whole += its.size();
  if (whole != content.size()) fail(lines, std::to_string(whole) + " bytes", std::to_string(content.size()));
  return summary;
}

}  // namespace noema
