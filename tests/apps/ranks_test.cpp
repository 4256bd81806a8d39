// Training by several processes of the program.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "program.h"
#include "training/ranks/join.h"

namespace noema {
namespace {

const char* const kTiny = R"(
name = "tiny"
task = "stories"
out = "unused"
[data]
valid_count = 8
[tokenizer]
vocab_size = 450
examples = 50
[model]
layers = 1
width = 16
heads = 2
feed_forward = 32
[chain]
steps = 6
batch = 8
micro_batches = 4
warmup = 1
[semantic]
steps = 0
[contextual]
steps = 2
batch = 8
micro_batches = 4
[concept]
steps = 2
batch = 8
micro_batches = 4
[stop]
steps = 2
batch = 8
micro_batches = 4
)";

class RanksProgramTest : public testing::Test {
 protected:
  RanksProgramTest()
      : folder_(std::filesystem::temp_directory_path() / ("noema-program-ranks-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "tiny.toml") << kTiny;
  }
  ~RanksProgramTest() override { std::filesystem::remove_all(folder_); }

  /// "train …" into folders of this name.
  std::string train(const std::string& name, const std::string& more = "") const {
    return "train " + (folder_ / "tiny.toml").string() + " --bf16 off --run " + (folder_ / name / "run").string() +
           " --out " + (folder_ / name / "bundle").string() + " " + more;
  }

  /// The last losses of a run, as its metrics have them.
  std::vector<double> losses(const std::string& name) const {
    std::ifstream lines(folder_ / name / "run/metrics.jsonl");
    std::vector<double> found;
    for (std::string line; std::getline(lines, line);) {
      const nlohmann::json event = nlohmann::json::parse(line);
      if (event.at("event") != "step") continue;
      for (const auto& [term, value] : event.at("losses").items()) found.push_back(value.get<double>());
    }
    return found;
  }

  /// The shell's words for one rank, whose own go to a file.
  std::string rank(int number, int size, int port, const std::string& run) const {
    return "RANK=" + std::to_string(number) + " WORLD_SIZE=" + std::to_string(size) +
           " MASTER_ADDR=127.0.0.1 MASTER_PORT=" + std::to_string(port) +
           " NOEMA_TOKEN=t NOEMA_PATIENCE=60 OMP_NUM_THREADS=1 " + NOEMA_PROGRAM + " " + run + " 2> " +
           (folder_ / ("err" + std::to_string(number))).string();
  }

  std::string said_by(int number) const {
    std::ifstream file(folder_ / ("err" + std::to_string(number)));
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path folder_;
};

/// A port that was free a moment ago.
int free_port() {
  const int listener = listen_on("127.0.0.1", 0);
  const int port = port_of(listener);
  ::close(listener);
  return port;
}

TEST_F(RanksProgramTest, TwoRanksHaveTheLossesOfOneProcess) {
  const ProgramResult one = run_program(train("one")), two = run_program(train("two", "--ranks 2"));
  ASSERT_EQ(one.code, 0) << one.err;
  ASSERT_EQ(two.code, 0) << two.err;
  const std::vector<double> wanted = losses("one"), found = losses("two");
  ASSERT_EQ(found.size(), wanted.size());
  ASSERT_GT(wanted.size(), 4u);
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], wanted[i], 1e-4 * wanted[i]);
  EXPECT_NE(two.err.find("| ranks 2:"), std::string::npos) << two.err;
  EXPECT_TRUE(std::filesystem::exists(folder_ / "two/bundle/noema.json"));
}

TEST_F(RanksProgramTest, AKilledRankEndsTheOthersAndTheRunGoesOn) {
  const std::string endless = train("killed", "--checkpoint-minutes 0 --set chain.steps=100000");
  const int port = free_port();
  std::string script;
  for (int number = 0; number < 4; ++number)
    script += rank(number, 4, port, endless) + " & p" + std::to_string(number) + "=$!; ";
  const std::string checkpoint = (folder_ / "killed/run/chain.checkpoint.safetensors").string();
  script += "for i in $(seq 1200); do test -e " + checkpoint + " && break; sleep 0.1; done; kill -9 $p2; ";
  script += "wait $p0; a=$?; wait $p1; b=$?; wait $p3; exit $((a * 100 + b * 10 + $?))";
  const int status = std::system(("bash -c '" + script + "'").c_str());
  EXPECT_EQ(WEXITSTATUS(status), 111) << said_by(0);
  for (const int number : {0, 1, 3}) {
    EXPECT_NE(said_by(number).find("noema: rank " + std::to_string(number) +
                                   ": expected all 4 ranks to go on, found rank 2 gone"),
              std::string::npos)
        << said_by(number);
  }
  const std::string log = (folder_ / "again").string();
  const std::string again = std::string(NOEMA_PROGRAM) + " " + endless + " --ranks 2 2> " + log + " & p=$!; " +
                            "for i in $(seq 600); do grep -q \"goes on at step\" " + log +
                            " && break; sleep 0.1; done; kill $p; wait $p; grep -q \"goes on at step\" " + log;
  EXPECT_EQ(std::system(("bash -c '" + again + "'").c_str()), 0);
}

TEST_F(RanksProgramTest, ARankWithAnotherRecipeIsNamedByAll) {
  const int port = free_port();
  const int status =
      std::system(("bash -c '" + rank(0, 2, port, train("other")) + " & " +
                   rank(1, 2, port, train("other", "--set seed=9")) + "; a=$?; wait $!; exit $((a * 10 + $?))'")
                      .c_str());
  EXPECT_EQ(WEXITSTATUS(status), 11);
  for (const int number : {0, 1}) {
    EXPECT_NE(said_by(number).find("rank 1: expected the changes by --set of rank 0"), std::string::npos)
        << said_by(number);
  }
}

TEST_F(RanksProgramTest, QuestionsThatAreDealtOutAreAnsweredInTheirOrderAsByOneProcess) {
  const nlohmann::json kept = nlohmann::json::parse(std::ifstream(NOEMA_TEST_DATA "/stories/questions.json"));
  const std::string file = (folder_ / "questions").string();
  std::ofstream questions(file);
  for (std::size_t i = 0; i < 21; ++i) questions << kept.at(i % kept.size()).at("question").get<std::string>() << '\n';
  questions.close();
  // Parts of eight questions: the first rank has two, the second one.
  const std::string generate = "generate --precision fp32 --temperature 0.8 --mode chain --batch 2 --file " + file;
  const ProgramResult one = run_program(generate), two = run_program(generate + " --ranks 2");
  ASSERT_EQ(one.code, 0) << one.err;
  ASSERT_EQ(two.code, 0) << two.err;
  EXPECT_EQ(two.out, one.out);
  EXPECT_EQ(std::count(two.out.begin(), two.out.end(), '\n'), 21);
  EXPECT_NE(run_program("generate --ranks 2", "Who?\n").err.find("--ranks: expected --file"), std::string::npos);
}

TEST_F(RanksProgramTest, MoreRanksThanCoresAreRefused) {
  const ProgramResult result = run_program(train("many", "--ranks 1000"));
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.err.find("--ranks: expected at most the "), std::string::npos) << result.err;
}

}  // namespace
}  // namespace noema
