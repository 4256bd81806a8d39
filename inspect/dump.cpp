#include "inspect/dump.h"

#include <torch/torch.h>

#include <algorithm>
#include <cstdio>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "nn/safetensors.h"

namespace noema {
namespace {

constexpr int kSchema = 1;
const char* const kLines = "trajectories.jsonl";
const char* const kManifest = "dump.json";

std::string shard_name(std::size_t number) {
  if (number == 0) return "trajectories.safetensors";
  char name[48];
  std::snprintf(name, sizeof name, "trajectories-%05zu.safetensors", number);
  return name;
}

torch::ScalarType scalar_type(const std::string& dtype) {
  if (dtype == "fp32") return torch::kFloat32;
  if (dtype == "bf16") return torch::kBFloat16;
  if (dtype == "fp16") return torch::kFloat16;
  throw Error({"dump", "fp32, bf16 or fp16", printable(dtype), ""});
}

/// Tensors [...,K] of unequal K in one, zeros where one is shorter.
torch::Tensor padded(const std::vector<torch::Tensor>& tensors) {
  std::int64_t widest = 0;
  for (const torch::Tensor& tensor : tensors) widest = std::max(widest, tensor.size(-1));
  std::vector<torch::Tensor> wide;
  for (const torch::Tensor& tensor : tensors) {
    wide.push_back(at::constant_pad_nd(tensor, {0, widest - tensor.size(-1)}));
  }
  return torch::stack(wide);
}

/// The tensors of a shard, row by row.
class Shard {
 public:
  explicit Shard(const DumpOptions& options) : options_(options) {}

  std::int64_t rows() const { return static_cast<std::int64_t>(latents_.size()); }

  void add(std::size_t id, std::size_t step, const torch::Tensor& z, const LayerOutputs* outputs) {
    latents_.push_back(z.to(torch::kCPU, torch::kFloat32));
    questions_.push_back(static_cast<std::int64_t>(id));
    steps_.push_back(static_cast<std::int64_t>(step));
    if (!options_.layers && !options_.attention) return;
    if (!outputs) throw Error({"dump", "an observer of the layers for every concept", "none", ""});
    if (options_.layers) layers_.push_back(outputs->hidden);
    if (options_.attention) attention_.push_back(outputs->attention);
  }

  TensorMap tensors() const {
    const torch::ScalarType type = scalar_type(options_.dtype);
    TensorMap all = {{"latents", latents_.empty() ? torch::zeros({0, 0}, type) : torch::stack(latents_).to(type)},
                     {"question", torch::tensor(questions_, torch::kLong)},
                     {"step", torch::tensor(steps_, torch::kLong)}};
    if (!layers_.empty()) all["layers"] = torch::stack(layers_).to(type);
    if (!attention_.empty()) all["attention"] = padded(attention_).to(type);
    return all;
  }

 private:
  const DumpOptions& options_;
  std::vector<torch::Tensor> latents_, layers_, attention_;
  std::vector<std::int64_t> questions_, steps_;
};

}  // namespace

nlohmann::json to_json(const DumpOptions& options) {
  return {{"layers", options.layers},
          {"attention", options.attention},
          {"tokens", options.tokens},
          {"dtype", options.dtype}};
}

DumpWriter::DumpWriter(std::filesystem::path folder, const DumpOptions& options, const nlohmann::json& origin)
    : folder_(std::move(folder)), options_(options) {
  scalar_type(options_.dtype);
  const nlohmann::json manifest = {
      {"schema", kSchema}, {"kind", "dump"}, {"options", to_json(options_)}, {"run", origin}};
  const auto path = folder_ / kManifest;
  if (!std::filesystem::exists(path)) {
    std::error_code ignored;  // what stands in the way is found when the files are written
    std::filesystem::remove(folder_ / kLines, ignored);
    write_file(path, manifest.dump(1) + "\n");
    write_file(folder_ / kLines, "");
    return;
  }
  if (read_json(path) != manifest) {
    throw Error({folder_.string(), "no dump yet, or one of the same command, model and data", "another dump",
                 "choose another folder, or remove this one"});
  }
  read_lines();
}

void DumpWriter::read_lines() {
  const auto path = folder_ / kLines;
  std::string content = std::filesystem::exists(path) ? read_file(path) : "";
  const std::size_t whole = content.rfind('\n') == std::string::npos ? 0 : content.rfind('\n') + 1;
  if (whole < content.size()) write_file(path, content.substr(0, whole));  // a line that was being written
  std::istringstream lines(content.substr(0, whole));
  std::set<std::string> shards;
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::string where = path.string() + ", line " + std::to_string(++number);
    const nlohmann::json json = parse_json(line, where);
    done_.insert(json_member<std::size_t>(json, "id", where));
    shards.insert(json_member<std::string>(json, "shard", where));
  }
  shards_ = shards.size();
}

void DumpWriter::add(const std::vector<RecordedTrajectory>& trajectories, const LayerTap* tap) {
  const std::string name = shard_name(shards_);
  Shard shard(options_);
  std::string lines;
  for (std::size_t question = 0; question < trajectories.size(); ++question) {
    const RecordedTrajectory& recorded = trajectories[question];
    nlohmann::json line = to_json(recorded, shard.rows(), options_.tokens);
    line["shard"] = name;
    lines += line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    for (std::size_t step = 0; step < recorded.trajectory.steps.size(); ++step) {
      const torch::Tensor& z = recorded.trajectory.steps[step].concept_;
      if (z.defined()) shard.add(recorded.id, step, z, tap ? tap->find(question, step) : nullptr);
    }
  }
  write_safetensors(folder_ / name, shard.tensors(), {{"schema", std::to_string(kSchema)}});
  append_file(folder_ / kLines, lines);
  for (const RecordedTrajectory& recorded : trajectories) done_.insert(recorded.id);
  ++shards_;
}

}  // namespace noema
