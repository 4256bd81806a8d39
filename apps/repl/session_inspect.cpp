// The commands of a conversation that look into the last answer, and change it.

#include <charconv>
#include <cmath>
#include <ostream>

#include "apps/output.h"
#include "apps/repl/session.h"
#include "base/error.h"
#include "decoding/reasoner.h"
#include "decoding/writing.h"
#include "inspect/interventions/interventions.h"
#include "inspect/interventions/steering.h"
#include "inspect/lens/lens.h"
#include "inspect/records/dump.h"

namespace noema {
namespace {

constexpr std::uint64_t kKnownSeed = 77001;  // of the stories that /why knows
constexpr std::uint64_t kKnownExamples = 400;
constexpr int kAlternatives = 8;

/// Takes a word off the front of `text`.
std::string take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string word(text.substr(0, end));
  text.remove_prefix(end);
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return word;
}

double to_number(const std::string& word, const char* where, double low, double high) {
  double value = 0.0;
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || stop != word.data() + word.size() || !(value >= low && value <= high)) {
    throw Error({where, "a number from " + number(low, 0) + " to " + number(high, 0), printable(word), ""});
  }
  return value;
}

std::string unquoted(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  return std::string(text);
}

/// Sentences that the decoder also writes when it may choose, with how often, the most frequent first.
std::vector<std::pair<std::string, int>> alternatives(const Bundle& bundle, const torch::Tensor& z, int max_tokens) {
  std::vector<Random> randoms;
  std::vector<Random*> pointers;
  for (int i = 0; i < kAlternatives; ++i) randoms.push_back(Random::of(1, static_cast<std::uint64_t>(i)));
  for (Random& random : randoms) pointers.push_back(&random);
  std::map<std::string, int> counts;
  for (const WrittenSentence& sentence :
       write_sentences(bundle.writing().decoder(), z.unsqueeze(0).repeat({kAlternatives, 1}), {.temperature = 1.0},
                       pointers, bundle.tokenizer->newline(), max_tokens)) {
    ++counts[bundle.tokenizer->decode(sentence.tokens)];
  }
  std::vector<std::pair<std::string, int>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return sorted;
}

}  // namespace

const Trajectory& ReplSession::last_in_concepts(const char* command) const {
  if (answered_.empty()) throw Error({command, "a question asked before", "none", ""});
  const Trajectory& last = answered_.back();
  if (last.steps.empty() || !last.steps.front().concept_.defined()) {
    throw Error({command, "an answer of a latent mode", "mode " + last.mode, "/mode continuous, and ask again"});
  }
  return last;
}

std::size_t ReplSession::step_of(const std::string& word, const char* command) const {
  const double steps = static_cast<double>(last_in_concepts(command).steps.size());
  const double number = to_number(word, command, 1.0, steps);
  if (number != std::floor(number)) throw Error({command, "the number of a step", printable(word), ""});
  return static_cast<std::size_t>(number) - 1;
}

void ReplSession::answer_again(std::size_t step, std::unique_ptr<Intervention> intervention) {
  const std::string question = answered_.back().question, mode = answered_.back().mode;
  interventions_.erase(interventions_.lower_bound(step), interventions_.end());
  interventions_[step] = std::move(intervention);
  answered_.push_back(ask(question, mode, true, all_interventions().get()));
  show_answer();
}

std::unique_ptr<Intervention> ReplSession::all_interventions() const {
  std::vector<Intervention*> all;
  for (const auto& [at, intervention] : interventions_) all.push_back(intervention.get());
  return make_sequence(std::move(all));
}

void ReplSession::lens(const std::string& argument) {
  const bool again = argument.empty();
  const std::string question = again ? last_in_concepts("/lens").question : argument;
  const std::string mode = again ? answered_.back().mode : mode_;
  ReasoningOptions options = options_;
  RunOptions run = run_;
  run.read_steps = true;
  options.sampling = {};  // layers are read greedily, and so must be what they are held against
  const std::unique_ptr<Intervention> interventions = all_interventions();
  if (again) options.intervention = interventions.get();
  LayerTap tap;
  Trajectory trajectory = Reasoner(model_.bundle, *model_.task, mode).run({question}, options, run, &tap).front();
  const auto views = read_lens(model_.bundle, tap, {{0, std::move(trajectory), {}, {}, {}}});
  out_ << to_text(views.front(), {width_, colors_wanted()}) << std::flush;
}

void ReplSession::edit(const std::string& argument) {
  std::string_view rest = argument;
  const std::size_t step = step_of(take_word(rest), "/edit");
  const SteeredConcept found = concept_of(model_.bundle, unquoted(rest), last_in_concepts("/edit").steps[step].concept_,
                                          {.cancelled = &cancelled_});
  if (cancelled_) throw Error({"/edit", "a search to its end", "Ctrl-C", ""});
  if (!found.is_exact) out_ << "(the decoder does not quite write this sentence; going on from the nearest found)\n";
  answer_again(step, make_replacement(step, found.replacement));
}

void ReplSession::nudge(const std::string& argument) {
  std::string_view rest = argument;
  const std::size_t step = step_of(take_word(rest), "/nudge");
  const double sigma = to_number(take_word(rest), "/nudge", 0.0, 1000.0);
  answer_again(step, make_only_at(step, make_noise(NoisePlace::fed_back, sigma)));
}

void ReplSession::why(const std::string& argument) {
  const std::size_t step = step_of(argument, "/why");
  const Step& asked = last_in_concepts("/why").steps[step];
  out_ << "  " << step + 1 << "  " << (asked.is_written ? printable(asked.text, 400) : "(not read)");
  if (asked.is_written) {
    out_ << "\n  token probability " << number(asked.token_probability, 3) << ", entropy " << number(asked.entropy, 3);
  }
  if (asked.stop_probability) out_ << ", stop " << number(*asked.stop_probability, 3);
  out_ << "\n  written " << kAlternatives << " times by chance:\n";
  for (const auto& [text, count] : alternatives(model_.bundle, asked.concept_, options_.max_sentence_tokens)) {
    out_ << "    " << count << " x  " << printable(text, 400) << "\n";
  }
  const auto& generator = model_.task->generator();
  if (!generator) return;
  if (!known_) {
    std::vector<Example> examples;
    for (std::uint64_t i = 0; i < kKnownExamples; ++i) examples.push_back(generator->generate(kKnownSeed, i));
    known_ = NeighbourIndex::build(model_.bundle, *model_.task, examples);
  }
  const Neighbourhood near = known_->query(asked.concept_.unsqueeze(0), 3).front();
  out_ << "  nearest of " << known_->size() << " known sentences:\n";
  for (const Neighbour& neighbour : near.nearest) {
    out_ << "    cosine " << number(neighbour.cosine, 3) << "  " << printable(neighbour.text, 400) << "\n";
  }
  out_ << "  further from all of them than " << number(100.0 * near.quantile, 0) << "% of them are from each other\n";
}

void ReplSession::trace(const std::string& argument) {
  if (argument.empty()) throw Error({"/trace", "the name of a folder", "none", ""});
  if (answered_.empty()) throw Error({"/trace", "a question asked before", "none", ""});
  std::vector<RecordedTrajectory> recorded;
  for (std::size_t i = 0; i < answered_.size(); ++i) recorded.push_back({i, answered_[i], {}, {}, {}});
  DumpWriter writer(argument, {}, {{"command", "noema repl, /trace"}, {"model", model_.bundle.where}});
  if (!writer.done().empty()) throw Error({argument, "a folder without a dump", "a dump", "choose another"});
  writer.add(recorded);
  saved_ = answered_.size();
  out_ << recorded.size() << " trajectories with their latents are in " << printable(argument, 400) << "\n";
}

}  // namespace noema
