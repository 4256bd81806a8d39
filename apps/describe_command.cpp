#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "apps/arguments.h"
#include "apps/commands.h"
#include "apps/output.h"
#include "concept_lm/find_model.h"
#include "nn/formats/safetensors.h"

namespace noema {
namespace {

std::string short_description(const nlohmann::json& architecture) {
  const nlohmann::json& model = architecture.contains("model") ? architecture["model"] : architecture;
  std::string text;
  for (const char* key : {"encoder", "bottleneck", "decoder", "head", "reads", "writes"}) {
    if (architecture.contains(key)) text += std::string(", ") + key + " " + architecture[key].get<std::string>();
  }
  if (!model.contains("layers")) return text;
  return ", " + model["layers"].dump() + " layers of " + model["width"].dump() + ", " + model["heads"].dump() +
         " heads, vocabulary " + model["vocab_size"].dump() + text;
}

/// A line on one of the bundle's files.
void print_file(const Bundle& bundle, const std::string& name, const nlohmann::json& entry, const std::string& what) {
  std::int64_t parameters = 0;
  const auto file = std::filesystem::path(bundle.where) / entry.at("file").get<std::string>();
  for (const auto& [tensor, value] : read_safetensors(file).tensors) parameters += value.numel();
  std::printf("  %-11s %9lld parameters, %.1f MB%s\n", for_output(name).c_str(), static_cast<long long>(parameters),
              static_cast<double>(std::filesystem::file_size(file)) / 1e6, for_output(what).c_str());
}

void describe(const std::string& name) {
  const Bundle bundle = load_bundle(find_model(name));
  std::printf("%s: task %s\n", for_output(bundle.where).c_str(), for_output(bundle.task).c_str());
  if (bundle.manifest.contains("base"))
    print_file(bundle, "base", bundle.manifest.at("base"), ", which adapters change");
  for (const auto& [part, entry] : bundle.manifest.at("parts").items()) {
    std::string what = short_description(entry.at("architecture"));
    if (entry.contains("on")) what += ", beside those of " + entry.at("on").get<std::string>();
    if (entry.contains("adapter")) what += ", adapter of rank " + entry.at("adapter").at("rank").dump();
    print_file(bundle, part, entry, what);
  }
  const auto provenance = bundle.manifest.value("provenance", nlohmann::json::object());
  const auto validation = provenance.value("validation", nlohmann::json::object());
  for (const auto& [stage, measures] : validation.items()) {
    std::printf("  validation of %s:", for_output(stage).c_str());
    for (const auto& [measure, share] : measures.items()) {
      std::printf(" %s %.2f%%", for_output(measure).c_str(), 100.0 * share.get<double>());
    }
    std::printf("\n");
  }
}

}  // namespace

void add_describe(CLI::App& program) {
  auto model = std::make_shared<std::string>();
  CLI::App* command = program.add_subcommand("describe", "Show what a model bundle holds");
  add_model_argument(*command, *model);
  command->footer("Example:\n  noema describe models/stories");
  command->callback([model] { describe(*model); });
}

}  // namespace noema
