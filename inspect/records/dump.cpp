#include "inspect/records/dump.h"

#include <torch/torch.h>

#include <algorithm>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "inspect/records/dump_shard.h"
#include "nn/formats/safetensors.h"

namespace noema {
namespace {

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

/// What makes one dump the same as another: everything but how the command was typed, and how far it is.
nlohmann::json identity(nlohmann::json manifest) {
  manifest.erase("shards");
  manifest.erase(kDigestMember);
  if (manifest.contains("run") && manifest["run"].is_object()) manifest["run"].erase("command");
  return manifest;
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
    : folder_(std::move(folder)), options_(options), lock_(folder_) {
  scalar_type(options_.dtype);
  manifest_ = {{"schema", kDumpSchema},
               {"kind", "dump"},
               {"options", to_json(options_)},
               {"run", origin},
               {"shards", nlohmann::json::array()}};
  const auto path = folder_ / kDumpManifest;
  const bool goes_on = std::filesystem::exists(path);
  check_output_folder(folder_, "a dump", [goes_on](const std::string&) { return goes_on; });
  if (goes_on) {
    go_on(read_json(path));
  } else {
    write_manifest();
  }
}

/// Keeps the lines of whole shards. One that was being written is written anew, under the same name.
void DumpWriter::go_on(const nlohmann::json& begun) {
  const std::string where = (folder_ / kDumpManifest).string();
  const auto shards = dump_shards(begun, where);
  if (!shards) {
    throw Error({where + ": schema", std::to_string(kDumpSchema), "1",
                 "go on with the version of noema that began the dump, or choose another folder"});
  }
  if (identity(begun) != identity(manifest_)) {
    throw Error({folder_.string(), "no dump yet, or one of the same model, data and options", "another dump",
                 "choose another folder, or remove this one"});
  }
  manifest_["shards"] = begun.at("shards");
  const auto path = folder_ / kDumpLines;
  const std::string content = std::filesystem::exists(path) ? read_file(path) : "";
  std::size_t number = 0, whole = 0;
  for (const std::string_view lines : lines_of(*shards, content, path.string())) {
    whole += lines.size();
    each_line(lines, 1, [&](std::string_view line, std::size_t) {
      const std::string line_where = path.string() + ", line " + std::to_string(++number);
      done_.insert(read_record<DumpLine>(parse_json(line, line_where), line_where).id);
    });
  }
  if (whole < content.size()) write_file(path, std::string_view(content).substr(0, whole));
}

void DumpWriter::write_manifest() {
  add_digest(manifest_);
  write_file(folder_ / kDumpManifest, manifest_.dump(1) + "\n");
}

void DumpWriter::add(const std::vector<RecordedTrajectory>& trajectories, const LayerTap* tap) {
  if (trajectories.empty()) return;
  const std::string name = shard_name(manifest_["shards"].size());
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
  write_safetensors(folder_ / name, shard.tensors(), {{"schema", std::to_string(kDumpSchema)}});
  append_file(folder_ / kDumpLines, lines);
  manifest_["shards"].push_back(
      to_json(DumpShard{name, sha256_file(folder_ / name), static_cast<std::int64_t>(trajectories.size()),
                        static_cast<std::int64_t>(lines.size()), sha256(lines)}));
  write_manifest();
  for (const RecordedTrajectory& recorded : trajectories) done_.insert(recorded.id);
}

}  // namespace noema
