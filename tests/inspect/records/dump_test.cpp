#include "inspect/records/dump.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstdlib>
#include <map>
#include <sstream>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "inspect/records/record_schema.h"
#include "inspect/watched_run.h"
#include "nn/formats/safetensors.h"

namespace noema {
namespace {

class DumpTest : public testing::Test {
 protected:
  DumpTest() { std::filesystem::remove_all(folder_); }
  ~DumpTest() override { std::filesystem::remove_all(folder_); }

  /// Dumps the tiny questions in two shards.
  void dump(const DumpOptions& options = {}) {
    DumpWriter writer(folder_, options, {{"seed", 7}});
    for (const std::size_t first : {0u, 6u}) {
      LayerTap tap(options.attention);
      const bool watches = options.layers || options.attention;
      writer.add(watched_run(bundle_, "continuous", watched_options(), watches ? &tap : nullptr,
                             {.read_steps = true, .first_question = first}),
                 &tap);
    }
  }

  std::vector<nlohmann::json> lines() const {
    std::istringstream text(read_file(folder_ / "trajectories.jsonl"));
    std::vector<nlohmann::json> all;
    for (std::string line; std::getline(text, line);) all.push_back(parse_json(line, "line"));
    return all;
  }

  std::string refusal() const {
    try {
      verify_dump(folder_);
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  }

  const Bundle bundle_ = tiny_bundle();
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("noema-dump-" + std::to_string(::getpid()));
};

TEST_F(DumpTest, HoldsEveryLatentAtTheRowThatItsStepNames) {
  dump();
  const DumpSummary summary = verify_dump(folder_);
  EXPECT_EQ(summary.questions, 12u);
  EXPECT_EQ(summary.latents, 36u);
  EXPECT_EQ(summary.shards, 2u);
  const auto recorded = watched_run(bundle_, "continuous", watched_options());
  const auto all = lines();
  const SafetensorsFile file = read_safetensors(folder_ / "trajectories.safetensors");
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    EXPECT_EQ(all[i]["id"], i);
    EXPECT_EQ(all[i]["true_answer"], "kitchen");
    for (std::size_t s = 0; s < 3; ++s) {
      const auto row = all[i]["steps"][s]["latent"].get<std::int64_t>();
      EXPECT_TRUE(torch::equal(file.tensors.at("latents")[row], recorded[i].trajectory.steps[s].concept_));
    }
  }
}

TEST_F(DumpTest, HoldsLayersAttentionAndTokensWhenAsked) {
  dump({.layers = true, .attention = true, .tokens = true, .dtype = "fp16"});
  EXPECT_EQ(refusal(), "");
  const SafetensorsFile file = read_safetensors(folder_ / "trajectories-00001.safetensors");
  EXPECT_EQ(file.tensors.at("layers").sizes(), (std::vector<std::int64_t>{18, 2, 32}));
  EXPECT_EQ(file.tensors.at("layers").scalar_type(), torch::kFloat16);
  EXPECT_EQ(file.tensors.at("attention").size(2), 4);
  const auto line = lines().front();
  const auto tokens = line["steps"][0]["tokens"].get<std::vector<TokenId>>();
  EXPECT_EQ(bundle_.tokenizer->decode(tokens), line["steps"][0]["text"].get<std::string>());
}

TEST_F(DumpTest, GoesOnAfterAnInterruptionAndRefusesAnotherRun) {
  dump();
  const std::string whole = read_file(folder_ / "trajectories.jsonl");
  // Killed while it wrote the second shard: the tensors are there, of the lines the first and half of the next.
  nlohmann::json begun = read_json(folder_ / "dump.json");
  begun["shards"].erase(1);
  add_digest(begun);
  write_file(folder_ / "dump.json", begun.dump());
  const std::size_t sixth = [&] {
    std::size_t at = 0;
    for (int i = 0; i < 6; ++i) at = whole.find('\n', at) + 1;
    return at;
  }();
  write_file(folder_ / "trajectories.jsonl", whole.substr(0, sixth + 40));
  EXPECT_NE(refusal(), "");
  const std::set<std::size_t> first = {0, 1, 2, 3, 4, 5};
  EXPECT_EQ(DumpWriter(folder_, {}, {{"seed", 7}, {"command", "typed in another way"}}).done(), first);
  // Or when two lines of the second shard were there: its questions are all asked again.
  const std::size_t eighth = whole.find('\n', whole.find('\n', sixth) + 1) + 1;
  write_file(folder_ / "trajectories.jsonl", whole.substr(0, eighth));
  {
    DumpWriter writer(folder_, {}, {{"seed", 7}});
    EXPECT_EQ(writer.done(), first);
    EXPECT_THROW(DumpWriter(folder_, {}, {{"seed", 7}}), Error) << "one writer at a time";
    writer.add(
        watched_run(bundle_, "continuous", watched_options(), nullptr, {.read_steps = true, .first_question = 6}));
  }
  EXPECT_EQ(read_file(folder_ / "trajectories.jsonl").substr(0, sixth), whole.substr(0, sixth));
  EXPECT_EQ(verify_dump(folder_).questions, 12u);
  EXPECT_THROW(DumpWriter(folder_, {}, {{"seed", 8}}), Error);
  EXPECT_THROW(DumpWriter(folder_, {.layers = true}, {{"seed", 7}}), Error);
  std::filesystem::remove(folder_ / "dump.json");
  EXPECT_THROW(DumpWriter(folder_, {}, {{"seed", 7}}), Error) << "trajectories of who knows what";
}

TEST_F(DumpTest, IsNotMixedWithAnythingElse) {
  write_file(folder_ / "thesis.tex", "");
  EXPECT_THROW(dump(), Error);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "dump.json"));
}

TEST_F(DumpTest, OfSchemaOneIsReadAndNotGoneOnWith) {
  dump();
  nlohmann::json old = read_json(folder_ / "dump.json");
  old.erase("shards");
  old.erase("sha256");
  old["schema"] = 1;
  write_file(folder_ / "dump.json", old.dump());
  EXPECT_EQ(verify_dump(folder_).questions, 12u);
  EXPECT_THROW(DumpWriter(folder_, {}, {{"seed", 7}}), Error);
  EXPECT_EQ(verify_dump(folder_).questions, 12u) << "nothing was taken away";
}

TEST_F(DumpTest, VerifyFindsWhatIsWellFormedAndWrong) {
  dump();
  const auto expect_refused = [&](const char* name, const auto& change, const std::string& words) {
    const std::string good = read_file(folder_ / name);
    write_file(folder_ / name, change(good));
    EXPECT_NE(refusal().find(words), std::string::npos) << words << ": " << refusal();
    write_file(folder_ / name, good);
    EXPECT_EQ(refusal(), "");
  };
  const auto replaced = [](const std::string& from, const std::string& to) {
    return [=](std::string content) { return content.replace(content.find(from), from.size(), to); };
  };
  expect_refused("trajectories.jsonl", replaced("\"true_answer\":\"kitchen\"", "\"true_answer\":\"chicken\""),
                 "as they were written");
  expect_refused(
      "trajectories.jsonl", [](const std::string& content) { return content + "\n"; }, "line 13");
  expect_refused("dump.json", replaced("\"seed\": 7", "\"seed\": 8"), "content of sha256");
  expect_refused("dump.json", replaced("\"sha256\": ", "\"sha265\": "), "known member");
  const auto flip_last_bit = [](std::string content) {
    content.back() = static_cast<char>(content.back() ^ 1);
    return content;
  };
  expect_refused("trajectories-00001.safetensors", flip_last_bit, "another's");
  const auto flip_a_latent = [](std::string content) {
    content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 1);
    return content;
  };
  expect_refused("trajectories.safetensors", flip_a_latent, "expected sha256");
  // A shard and its lines are lost together.
  const auto first = read_json(folder_ / "dump.json").at("shards").at(0).at("bytes").get<std::size_t>();
  write_file(folder_ / "trajectories.jsonl", read_file(folder_ / "trajectories.jsonl").substr(0, first));
  std::filesystem::remove(folder_ / "trajectories-00001.safetensors");
  EXPECT_NE(refusal().find("lines of trajectories-00001.safetensors"), std::string::npos) << refusal();
}

TEST_F(DumpTest, VerifyNamesWhatIsWrong) {
  EXPECT_NE(refusal().find("dump.json"), std::string::npos);
  dump();
  const auto path = folder_ / "trajectories.jsonl";
  const std::string good = read_file(path);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string bad = good;
    bad.replace(bad.find(from), from.size(), to);
    write_file(path, bad);
    return refusal();
  };
  EXPECT_NE(with("\"latent\":1", "\"latent\":999").find("line 1: step 2: latent"), std::string::npos) << refusal();
  EXPECT_NE(with("\"id\":1", "\"id\":0").find("line 2: id"), std::string::npos) << refusal();
  EXPECT_NE(with("\"schema\":1", "\"schema\":2").find("schema"), std::string::npos) << refusal();
  EXPECT_NE(with("\"shard\":\"trajectories", "\"shard\":\"../trajectories").find("shard"), std::string::npos);
  EXPECT_NE(with("\"cost\":{", "\"cost\":[{").find("line 1"), std::string::npos);
  EXPECT_NE(with("\"cost\":", "\"price\":").find("cost"), std::string::npos) << refusal();
  EXPECT_NE(with("\"is_view\":true", "\"is_view\":1").find("is_view"), std::string::npos) << refusal();
  EXPECT_NE(with("{", "[").find("line 1"), std::string::npos);
  write_file(path, good);
  std::filesystem::copy(folder_ / "trajectories.safetensors", folder_ / "trajectories-00009.safetensors");
  EXPECT_NE(refusal().find("trajectories-00009"), std::string::npos) << refusal();
  std::filesystem::remove(folder_ / "trajectories-00009.safetensors");
  write_file(path, good.substr(0, good.find('\n') + 1));
  EXPECT_NE(refusal().find("rows named by lines"), std::string::npos) << refusal();
  EXPECT_THROW(DumpWriter(folder_ / "dump.json", {}, {}), Error);
}

/// docs/trajectory.schema.json, made of what lines are written and read by.
nlohmann::ordered_json line_schema() {
  nlohmann::ordered_json schema = {
      {"$schema", "http://json-schema.org/draft-07/schema#"},
      {"title", "A line of trajectories.jsonl: one question and how it was reasoned about"}};
  schema.update(record_schema<DumpLine>());
  return schema;
}

TEST(TrajectorySchema, TheFileThatDescribesLinesIsUpToDate) {
  const std::filesystem::path path = NOEMA_SOURCE_FOLDER "/docs/trajectory.schema.json";
  const std::string expected = line_schema().dump(2) + "\n";
  if (std::getenv("NOEMA_WRITE_DOCS")) write_file(path, expected);
  EXPECT_EQ(read_file(path), expected) << "NOEMA_WRITE_DOCS=1 scripts/test -R TrajectorySchema writes it";
}

TEST_F(DumpTest, LinesAreAsTheSchemaSays) {
  dump({.tokens = true});
  const nlohmann::json document = line_schema();
  valijson::Schema schema;
  valijson::SchemaParser().populateSchema(valijson::adapters::NlohmannJsonAdapter(document), schema);
  valijson::Validator validator;
  const auto fits = [&](const nlohmann::json& line) {
    return validator.validate(schema, valijson::adapters::NlohmannJsonAdapter(line), nullptr);
  };
  const auto is_read = [](const nlohmann::json& line) {
    try {
      read_record<DumpLine>(line, "line");
      return true;
    } catch (const Error&) {
      return false;
    }
  };
  for (const nlohmann::json& line : lines()) {
    EXPECT_TRUE(fits(line)) << line;
    EXPECT_EQ(write_record(read_record<DumpLine>(line, "line")), line) << "nothing is lost on the way";
  }
  // Schema and reader refuse the same.
  for (const auto& [pointer, value] : std::map<std::string, nlohmann::json>{{"/schema", 2},
                                                                            {"/id", -1},
                                                                            {"/question", nullptr},
                                                                            {"/steps", "none"},
                                                                            {"/steps/0/latent", "first"},
                                                                            {"/steps/0/tokens/0", "the"},
                                                                            {"/steps/0/token_probability", 1.5},
                                                                            {"/steps/0/cosine_to_last", -2},
                                                                            {"/stop", "tired"},
                                                                            {"/cost/passes", 0.5},
                                                                            {"/cost/gflops", -1},
                                                                            {"/right", "yes"},
                                                                            {"/shard", nullptr}}) {
    nlohmann::json wrong = lines().front();
    wrong[nlohmann::json::json_pointer(pointer)] = value;
    EXPECT_FALSE(fits(wrong)) << pointer;
    EXPECT_FALSE(is_read(wrong)) << pointer;
  }
  for (const char* name : {"schema", "id", "question", "mode", "steps", "stop", "cost", "shard"}) {
    nlohmann::json wrong = lines().front();
    wrong.erase(name);
    EXPECT_FALSE(fits(wrong)) << name;
    EXPECT_FALSE(is_read(wrong)) << name;
  }
}

}  // namespace
}  // namespace noema
