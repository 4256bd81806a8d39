#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace noema {

/// One question with its reasoning. As it stands in the public sets: {"question", "steps", "answer", …}.
struct Example {
  std::string question;
  std::vector<std::string> steps;  ///< as the file has them; see Task::reasoning for what a model is trained on
  std::string answer;
  nlohmann::json extra = nlohmann::json::object();  ///< the other fields, kept as they were
};

/// A question that differs from another in one fact, and has as many steps. At any step from `from` on, but the answer,
/// the two can be joined: after the other's question and the steps before, the twin's step contradicts the question,
/// and the twin's later steps and answer are what follows from the question and that step.
struct Twin {
  Example example;
  std::size_t from = 0;
};

/// What an example may bring along.
struct Companions {
  bool twin = false;
  std::size_t siblings = 0;  ///< at most
};

/// An example with those of the companions wanted that there are.
struct ExampleGroup {
  using Wanted = Companions;

  Example example;
  std::optional<Twin> twin = {};
  std::vector<Example> siblings = {};  ///< further questions that begin with the same text, which a model in training
                                       ///< reads once for all of them
};

/// What a model in training may be told to have in mind at some place of a question (Abu-Mostafa, "Learning from hints
/// in neural networks", 1990): pieces of text, the more of each the greater its weight.
struct Hint {
  std::size_t end = 0;                                 ///< the place: after so many bytes of the question
  std::vector<std::pair<std::string, double>> pieces;  ///< of a token each, as a line begins with it; weights above 0
};

}  // namespace noema
