#include <spdlog/spdlog.h>
#include <torch/torch.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "apps/commands.h"
#include "base/error.h"
#include "base/file.h"
#include "concept_lm/bundle_folder.h"
#include "concept_lm/part_kinds.h"
#include "nn/formats/imported_model.h"
#include "nn/formats/safetensors.h"
#include "tasks/task.h"
#include "text/byte_level_tokenizer.h"

namespace noema {
namespace {

struct ImportArguments {
  std::string source;
  std::string out;
  std::string task = "text";
  std::string dtype = "bf16";
};

struct Imported {
  ImportedModel model;
  std::unique_ptr<Tokenizer> tokenizer;
};

Imported read_source(const std::filesystem::path& source) {
  if (std::filesystem::is_directory(source)) {
    const std::filesystem::path tokenizer = source / "tokenizer.json";
    const auto vocabulary = hugging_face_vocabulary(read_json(tokenizer), tokenizer.string());
    return {import_hugging_face(source), make_byte_level_tokenizer(vocabulary, tokenizer.string())};
  }
  const GgufFile file(source);
  return {import_gguf(file), make_byte_level_tokenizer(gguf_vocabulary(file.settings(), file.where()), file.where())};
}

void import(const ImportArguments& arguments) {
  check_bundle_output(arguments.out);  // before the work, not after
  const std::string task = make_task(arguments.task)->name();
  auto [model, tokenizer] = read_source(arguments.source);
  if (tokenizer->vocab_size() > model.config.vocab_size) {
    throw Error({arguments.source, "a vocabulary of at most " + std::to_string(model.config.vocab_size) + " tokens",
                 std::to_string(tokenizer->vocab_size()), "the tokenizer is of another model"});
  }
  check_weights(model.tensors, arguments.source);
  const nlohmann::json architecture = part_architecture(model.config, kLanguageModelPart);
  const nlohmann::json provenance = {{"imported_from", std::filesystem::path(arguments.source).filename().string()}};
  const torch::Dtype dtype = arguments.dtype == "fp32" ? torch::kFloat32 : torch::kBFloat16;
  save_bundle(arguments.out, task, provenance, *tokenizer, {{"chain", architecture, model.tensors, dtype}});
  spdlog::info("{} is in {}", arguments.source, arguments.out);
}

}  // namespace

void add_import(CLI::App& program) {
  auto arguments = std::make_shared<ImportArguments>();
  CLI::App* command = program.add_subcommand("import", "Make a bundle of a language model trained elsewhere");
  command
      ->add_option("SOURCE", arguments->source, "a GGUF file (Llama family), or a Hugging Face folder (GPT-2, Llama)")
      ->required();
  command
      ->add_option("--out", arguments->out, "folder of the bundle; one that is there is replaced, anything else is not")
      ->required();
  command->add_option("--task", arguments->task, "the task that it is asked")->capture_default_str();
  command->add_option("--dtype", arguments->dtype, "of the weights in the bundle")
      ->check(CLI::IsMember({"bf16", "fp32"}))
      ->capture_default_str();
  command->footer(
      "Example:\n"
      "  noema import SmolLM2-135M-Instruct.Q4_1.gguf --out smollm2\n"
      "  echo 'The capital of France is' | noema generate smollm2 --mode chain");
  command->callback([arguments] { import(*arguments); });
}

}  // namespace noema
