#include <spdlog/spdlog.h>
#include <torch/torch.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "apps/commands.h"
#include "base/error.h"
#include "base/file.h"
#include "concept_lm/bundle_folder.h"
#include "nn/equalize.h"
#include "nn/imported_model.h"
#include "nn/safetensors.h"
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

// What the sizes of activations are measured on: several kinds of text.
const char* const kSample =
    "The museum opens at nine, except on Mondays, and closes when the last visitor has left. Tickets cost 12.50 for "
    "adults; children under six go free. \"You should have told me,\" she said, and for a while neither of them "
    "spoke.\n"
    "def area(width, height):\n    if width < 0 or height < 0:\n        raise ValueError(\"negative\")\n"
    "    return width * height\n"
    "Question: A train leaves at 14:05 and takes 2 hours and 50 minutes. When does it arrive?\n"
    "Answer: 14:05 plus 2 hours is 16:05, and 50 minutes more is 16:55.\n"
    "Die Katze sitzt auf dem Dach. Le ch\u00e2teau est ferm\u00e9 en hiver. \u00bfD\u00f3nde est\u00e1 la "
    "estaci\u00f3n? \u6771\u4eac\u306f\u65e5\u672c\u306e\u9996\u90fd\u3067\u3059\u3002\n"
    "1. Preheat the oven to 180 degrees. 2. Mix flour, sugar and butter. 3. Bake for 25 minutes.\n"
    "Photosynthesis turns light into chemical energy; in most plants it happens in the leaves, whose cells hold the "
    "green pigment chlorophyll. Dear Ms. Okafor, thank you for your letter of March 3rd. Yours sincerely, T. Lind";

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
  const std::string task = make_task(arguments.task)->name();
  auto [model, tokenizer] = read_source(arguments.source);
  if (tokenizer->vocab_size() > model.config.vocab_size) {
    throw Error({arguments.source, "a vocabulary of at most " + std::to_string(model.config.vocab_size) + " tokens",
                 std::to_string(tokenizer->vocab_size()), "the tokenizer is of another model"});
  }
  check_finite(model.tensors, arguments.source);
  const std::vector<TokenId> sample = tokenizer->encode(kSample);
  equalize(model.config, model.tensors, torch::tensor(std::vector<std::int64_t>(sample.begin(), sample.end())));
  nlohmann::json architecture = to_json(model.config);
  architecture["kind"] = "language_model";
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
  command->add_option("--out", arguments->out, "folder of the bundle")->required();
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
