#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>

#include "apps/commands.h"
#include "apps/output.h"
#include "base/error.h"
#include "tasks/documents.h"
#include "tasks/examples.h"
#include "tasks/prose.h"

namespace noema {
namespace {

struct DocumentsArguments {
  std::string from, out;
  bool blocks = false;
  int examples = 0;
  DocumentOptions options;
};

/// "12,041 sentences of 3 to 78 words, half of them up to 13".
std::string lengths_of(const std::vector<Example>& examples) {
  std::vector<std::size_t> words;
  const auto count = [&](const std::string& sentence) {
    words.push_back(1 + static_cast<std::size_t>(std::count(sentence.begin(), sentence.end(), ' ')));
  };
  for (const Example& example : examples) {
    count(example.question);
    for (const std::string& step : example.steps) count(step);
  }
  std::sort(words.begin(), words.end());
  return std::to_string(words.size()) + " sentences of " + std::to_string(words.front()) + " to " +
         std::to_string(words.back()) + " words, half of them of " + std::to_string(words[words.size() / 2]) +
         " at most";
}

void show(const Example& example) {
  std::printf("\n%s\n  %s\n", printable(example.extra["title"].get<std::string>()).c_str(),
              printable(example.question, 400).c_str());
  for (const std::string& step : example.steps) std::printf("  %s\n", printable(step, 400).c_str());
}

void make_documents(DocumentsArguments arguments) {
  arguments.options.lines_are_paragraphs = !arguments.blocks;
  std::vector<Example> examples;
  const DocumentCounts counts = cut_documents(
      arguments.from, arguments.options, [&](const Document& document) { examples.push_back(example_of(document)); });
  if (examples.empty()) throw Error({arguments.from, "a chapter of two sentences at least", "none", "give more text"});
  spdlog::info("{} files, {} chapters, {} of them left out (fewer than two sentences)", counts.files, counts.chapters,
               counts.left_out);
  spdlog::info("{} documents, {}", counts.documents, lengths_of(examples));
  const auto shown = std::min(static_cast<std::size_t>(arguments.examples), examples.size());
  for (std::size_t i = 0; i < shown; ++i) show(examples[i * examples.size() / shown]);
  if (arguments.out.empty()) return;
  write_result(arguments.out, to_text(examples));
}

}  // namespace

void add_documents(CLI::App& program) {
  auto arguments = std::make_shared<DocumentsArguments>();
  CLI::App* command = program.add_subcommand("documents", "Cut texts into documents of sentences, to train on");
  command->add_option("FROM", arguments->from, "a text file, or a folder of .txt files, in UTF-8")->required();
  command->add_option("--out", arguments->out,
                      "JSON file to write, for a recipe with task = \"prose\"; - is standard output");
  command->add_option("--longest", arguments->options.longest, "sentences of a document")
      ->check(CLI::Range(2, 10'000))
      ->capture_default_str();
  command
      ->add_option("--sentence", arguments->options.prose.max_length, "characters of a sentence; longer ones are cut")
      ->check(CLI::Range(20, 100'000))
      ->capture_default_str();
  command->add_flag("--blocks", arguments->blocks,
                    "paragraphs are blocks of lines with empty lines between them, rather than lines");
  command->add_option("--examples", arguments->examples, "documents to show")->check(CLI::Range(0, 1000));
  command->footer(
      "Examples:\n"
      "  noema documents books/ --examples 5                  what would become of them\n"
      "  noema documents books/ --out data/prose/train.json");
  command->callback([arguments] { make_documents(*arguments); });
}

}  // namespace noema
