#include "inspect/records/dump.h"

#include <torch/torch.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "base/error.h"
#include "base/file.h"
#include "nn/formats/safetensors.h"

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

/// What makes one dump the same as another: everything but how the command was typed.
nlohmann::json identity(nlohmann::json manifest) {
  if (manifest.contains("run") && manifest["run"].is_object()) manifest["run"].erase("command");
  return manifest;
}

/// How many questions a shard was written for.
std::int64_t questions_of(const std::filesystem::path& path) {
  const SafetensorsFile file = read_safetensors(path);
  const auto text = file.metadata.find("questions");
  std::int64_t count = 0;
  if (text != file.metadata.end())
    std::from_chars(text->second.data(), text->second.data() + text->second.size(), count);
  if (count < 1) throw Error({path.string(), "the number of its questions", "none", "remove the dump"});
  return count;
}

/// The tensors of a shard, row by row.
class Shard {
 public:
  explicit Shard(const DumpOptions& options) : options_(options) {}

  std::size_t rows() const { return latents_.size(); }

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
  if (std::filesystem::exists(path)) {
    if (identity(read_json(path)) != identity(manifest)) {
      throw Error({folder_.string(), "no dump yet, or one of the same model, data and options", "another dump",
                   "choose another folder, or remove this one"});
    }
    read_lines();
    return;
  }
  if (std::filesystem::exists(folder_ / kLines) || std::filesystem::exists(folder_ / shard_name(0))) {
    throw Error(
        {folder_.string(), "no trajectories yet", "some without a dump.json", "choose another folder, or remove them"});
  }
  write_file(path, manifest.dump(1) + "\n");
}

/// Keeps the lines of whole shards. One whose lines were being written is written anew, under the same name.
void DumpWriter::read_lines() {
  const auto path = folder_ / kLines;
  const std::string content = std::filesystem::exists(path) ? read_file(path) : "";
  std::size_t whole = 0, begin = 0, number = 0;
  std::string shard;
  std::int64_t left = 0;  // of the shard's questions, without a line so far
  std::vector<std::size_t> pending;
  for (std::size_t end = 0; (end = content.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const std::string where = path.string() + ", line " + std::to_string(++number);
    const auto line =
        read_record<DumpLine>(parse_json(std::string_view(content).substr(begin, end - begin), where), where);
    if (line.shard != shard) {
      shard = line.shard;
      if (shard != shard_name(shards_)) {
        throw Error({where + ": shard", shard_name(shards_), printable(shard), "the dump is damaged: dump again"});
      }
      left = questions_of(folder_ / shard_name(shards_));
    }
    pending.push_back(line.id);
    if (--left > 0) continue;
    done_.insert(pending.begin(), pending.end());
    pending.clear();
    ++shards_;
    whole = end + 1;
  }
  if (whole < content.size()) write_file(path, std::string_view(content).substr(0, whole));
}

void DumpWriter::add(const std::vector<RecordedTrajectory>& trajectories, const LayerTap* tap) {
  if (trajectories.empty()) return;
  const std::string name = shard_name(shards_);
  Shard shard(options_);
  std::string lines;
  for (std::size_t question = 0; question < trajectories.size(); ++question) {
    const RecordedTrajectory& recorded = trajectories[question];
    const DumpLine line{line_of(recorded, shard.rows(), options_.tokens), name};
    lines += write_record(line).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    for (std::size_t step = 0; step < recorded.trajectory.steps.size(); ++step) {
      const torch::Tensor& z = recorded.trajectory.steps[step].concept_;
      if (z.defined()) shard.add(recorded.id, step, z, tap ? tap->find(question, step) : nullptr);
    }
  }
  write_safetensors(folder_ / name, shard.tensors(),
                    {{"schema", std::to_string(kSchema)}, {"questions", std::to_string(trajectories.size())}});
  append_file(folder_ / kLines, lines);
  for (const RecordedTrajectory& recorded : trajectories) done_.insert(recorded.id);
  ++shards_;
}

}  // namespace noema
