// What the program says to wrong usage and bad input, whatever the model.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/output_folder.h"
#include "program.h"

namespace noema {
namespace {

class UsageTest : public testing::Test {
 protected:
  UsageTest() : folder_(std::filesystem::temp_directory_path() / ("noema-usage-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~UsageTest() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name) << content;
    return (folder_ / name).string();
  }

  std::filesystem::path folder_;
};

/// One line, on standard error, with these words in it.
void expect_complaint(const ProgramResult& result, const std::string& words) {
  EXPECT_EQ(result.code, 1) << result.err;
  EXPECT_TRUE(result.out.empty()) << result.out;
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_NE(result.err.find(words), std::string::npos) << result.err;
}

TEST_F(UsageTest, WrongUsageIsCodeTwo) {
  EXPECT_EQ(run_program("").code, 2);
  EXPECT_EQ(run_program("dance").code, 2);
  EXPECT_EQ(run_program("eval").code, 2);
  EXPECT_EQ(run_program("data stories --count many --out x").code, 2);
  EXPECT_EQ(run_program("generate --mode telepathy").code, 2);
  for (const char* rules : {"never", "head,", "head,none", "''"}) {
    EXPECT_EQ(run_program(std::string("generate --stop ") + rules).code, 2) << rules;
  }
  for (const char* seed : {"-1", "99999999999999999999", "1.5", "one"}) {
    EXPECT_EQ(run_program(std::string("data stories --out x --seed ") + seed).code, 2) << seed;
  }
}

TEST_F(UsageTest, HelpIsNoFailureAndEveryCommandHasAnExample) {
  EXPECT_EQ(run_program("--help").code, 0);
  for (const char* command : {"repl", "generate", "eval", "dump", "train", "data", "describe", "lens", "report",
                              "import", "bench", "probe noise", "probe ablate", "probe necessity", "probe hybrid",
                              "probe interchange", "probe neighbours", "probe interpolate", "probe roundtrip"}) {
    const ProgramResult help = run_program(std::string(command) + " --help");
    EXPECT_EQ(help.code, 0);
    EXPECT_NE(help.out.find(std::string("noema ") + command), std::string::npos) << help.out;
  }
}

TEST_F(UsageTest, MissingAndBrokenFilesAreNamed) {
  expect_complaint(run_program("describe " + folder_.string()), "a bundle's folder");
  expect_complaint(run_program("train " + (folder_ / "none.toml").string()), "none.toml");
  const std::string recipe = file("r.toml", "name = \"x\"\ntask = \"stories\"\nout = \"o\"\n[chain]\nstep = 3\n");
  expect_complaint(run_program("train " + recipe), "did you mean \"steps\"?");
  expect_complaint(run_program("data storys --out " + (folder_ / "x").string()), "did you mean \"stories\"?");
  expect_complaint(run_program("dump --verify " + (folder_ / "none").string()), "dump.json");
  expect_complaint(run_program("report " + (folder_ / "r.html").string() + " " + file("empty.json", "")), "empty.json");
  expect_complaint(
      run_program("report " + (folder_ / "r.html").string() + " " + file("odd.json", "{\"kind\":\"cat\"}")),
      "evaluation, lens or probe");
  expect_complaint(run_program("probe interchange --data " + file("plain.json", R"([{"question": "Where?", "steps": [],
      "answer": "here"}])")),
                   "questions with twins");
  expect_complaint(run_program("data prosqa-small --twins --out " + (folder_ / "x").string()), "have twins");
  expect_complaint(run_program("data gsm8k --out " + (folder_ / "x").string()), "a task with a generator");
}

TEST_F(UsageTest, AFileThatCannotBeWrittenLeavesNothingBehind) {
  const std::string blocked = file("blocked", "");
  expect_complaint(run_program("data stories --count 3 --out " + blocked + "/inside.json"), "blocked/inside.json");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(UsageTest, ResultsThatCannotBeWrittenAreAFailure) {
  for (const char* command : {"data stories --count 3 --out -", "describe", "--help", "train --help"}) {
    const ProgramResult result = run_program(std::string(command) + " > /dev/full");
    EXPECT_EQ(result.code, 1) << command;
    EXPECT_NE(result.err.find("standard output"), std::string::npos) << result.err;
  }
}

TEST_F(UsageTest, TextThatIsNotUtf8IsRefusedBeforeAnyWork) {
  const std::string bad = " \"$(printf 'a\\377')\"";
  const std::string data = file("one.json", R"([{"question": "Where is Tom?", "steps": [], "answer": "here"}])");
  expect_complaint(run_program("eval --mode chain --data " + data + " --json" + bad), "expected UTF-8");
  const auto recipe = [&](const std::string& name) {
    return file("r.toml", "name = \"" + name + "\"\ntask = \"stories\"\nout = \"o\"\n");
  };
  expect_complaint(run_program("train " + recipe("x") + " --dry-run --start" + bad), "expected UTF-8");
  expect_complaint(run_program("train " + recipe("a\xff") + " --dry-run"), "r.toml");
}

TEST_F(UsageTest, OutputIsNotMixedWithAnythingElse) {
  const std::string gguf = NOEMA_TEST_DATA "/import/llama.gguf", out = (folder_ / "out").string();
  std::filesystem::create_directories(out);
  file("out/thesis.tex", "mine");
  const std::string data = file("one.json", R"([{"question": "Where is Tom?", "steps": [], "answer": "here"}])");
  const std::string recipe = file("r.toml", "name = \"x\"\ntask = \"stories\"\nout = \"" + out + "\"\n");
  for (const std::string& command : {"import " + gguf + " --out " + out, "dump --data " + data + " --out " + out,
                                     "train " + recipe + " --run " + (folder_ / "run").string()}) {
    expect_complaint(run_program(command), "\"thesis.tex\" in it");
  }
  const std::string run = (folder_ / "another").string();
  expect_complaint(run_program("train " + recipe + " --out " + run + " --run " + run), "does not hold the run");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(out), {}), 1);
}

TEST_F(UsageTest, AFolderHasOneWriterAtATime) {
  const std::string out = (folder_ / "out").string(), lm = (folder_ / "lm").string();
  const std::string data = file("one.json", R"([{"question": "Where is Tom?", "steps": [], "answer": "here"}])");
  const std::string recipe = file("r.toml", "name = \"x\"\ntask = \"stories\"\nout = \"" + lm + "\"\n");
  const FolderLock lock(out);
  expect_complaint(run_program("dump --data " + data + " --out " + out), "no other process is writing to");
  expect_complaint(run_program("train " + recipe + " --run " + out), "no other process is writing to");
}

TEST_F(UsageTest, ADashIsStandardOutput) {
  const std::string data = file("one.json", R"([{"question": "Where is Tom?", "steps": [], "answer": "here"}])");
  const std::string json = (folder_ / "e.json").string();
  EXPECT_EQ(run_program("eval --mode chain --data " + data + " --json " + json).code, 0);
  EXPECT_NE(run_program("report - " + json).out.find("</html>"), std::string::npos);
  EXPECT_NE(run_program("lens 'Where is Tom?' --html -").out.find("</html>"), std::string::npos);
}

/// A training that goes on until it is ended.
class TrainingTest : public UsageTest {
 protected:
  std::string endless_recipe() const {
    const std::string lm = (folder_ / "lm").string();
    EXPECT_EQ(run_program("import " NOEMA_TEST_DATA "/import/llama.gguf --out " + lm).code, 0);
    const std::string data = file("d.json", R"([{"question": "a dog", "steps": ["he"], "answer": "a dog"}])");
    const std::string others = file("v.json", R"([{"question": "a cat", "steps": ["he"], "answer": "a cat"}])");
    return file("r.toml", "name = \"x\"\ntask = \"gsm8k\"\nout = \"" + (folder_ / "bundle").string() +
                              "\"\n[data]\nmax_tokens = 32\ntrain = \"" + data + "\"\nvalid = \"" + others +
                              "\"\n[model]\nbackbone = \"" + lm +
                              "\"\n[chain]\nsteps = 1000000\nbatch = 2\n[semantic]\nsteps = 0\n"
                              "[contextual]\nsteps = 0\n[concept]\nsteps = 0\n[stop]\nsteps = 0\n");
  }

  /// Starts it with what it prints going to `output`, which is closed here.
  pid_t start(const std::string& recipe, int output) const {
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(output, STDERR_FILENO);
      const std::string run = (folder_ / "run").string();
      ::execl(NOEMA_PROGRAM, "noema", "train", recipe.c_str(), "--run", run.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(output);
    return child;
  }

  /// Waits for so many reports of steps; false when the program ended before.
  bool trains(pid_t child, std::size_t reports) const {
    while (::waitpid(child, nullptr, WNOHANG) == 0) {
      std::ifstream stream(folder_ / "run" / "metrics.jsonl");
      std::size_t steps = 0;
      for (std::string line; std::getline(stream, line);) steps += line.find("\"event\":\"step\"") != std::string::npos;
      if (steps >= reports) return true;
      ::usleep(20'000);
    }
    return false;
  }
};

TEST_F(TrainingTest, WhateverEndsItLeavesACheckpoint) {
  const std::string recipe = endless_recipe();
  for (const int signal : {SIGHUP, SIGTERM}) {
    std::filesystem::remove_all(folder_ / "run");
    const pid_t child = start(recipe, ::open("/dev/null", O_WRONLY));
    ASSERT_TRUE(trains(child, 1));
    ::kill(child, signal);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1) << status;
    EXPECT_TRUE(std::filesystem::exists(folder_ / "run" / "chain.checkpoint.safetensors")) << signal;
  }
}

TEST_F(TrainingTest, GoesOnWhenNobodyReadsWhatItPrints) {
  int pipe[2];
  const std::string recipe = endless_recipe();
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  const pid_t child = start(recipe, pipe[1]);
  ::close(pipe[0]);
  EXPECT_TRUE(trains(child, 2));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST_F(UsageTest, ALimitOnTheSizeOfFilesIsAFailureLikeAFullDisk) {
  rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small = {16 << 10, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const ProgramResult result = run_program("data stories --count 1000 --out " + (folder_ / "x.json").string());
  ::setrlimit(RLIMIT_FSIZE, &before);
  expect_complaint(result, "x.json: expected a file that can be written");
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(UsageTest, WhatIsNotWhatItSeemsIsRefused) {
  expect_complaint(run_program("lens blocksworlds"), "model blocksworlds");
  expect_complaint(run_program("generate --file " + folder_.string()), "a folder");
  const std::string data = file("one.json", R"([{"question": "Where is Tom?", "steps": [], "answer": "here"}])");
  expect_complaint(run_program("eval --mode chain --ablate zero --data " + data), "modes that feed concepts back");
}

TEST_F(UsageTest, QuestionsBeforeABadOneAreAnswered) {
  const ProgramResult result = run_program(
      "generate", "Tom had 3 apples. Tom lost 1 apple. How many apples does Tom have?\n\n{\"question\": 5}\n");
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 1) << result.out;
  EXPECT_NE(result.err.find("line 3"), std::string::npos) << result.err;
}

TEST_F(UsageTest, AnImportedModelIsAModelLikeAnother) {
  const std::string out = (folder_ / "imported").string(), gguf = NOEMA_TEST_DATA "/import/llama.gguf";
  EXPECT_EQ(run_program("import " + gguf + " --out " + out).code, 0);
  EXPECT_NE(run_program("describe " + out).out.find("2 layers of 32"), std::string::npos);
  for (const char* precision : {"fp32", "int8"}) {
    const ProgramResult answers =
        run_program("generate " + out + " --json --mode chain --precision " + precision, "a dog\n");
    EXPECT_EQ(answers.code, 0) << answers.err;
    EXPECT_NE(answers.out.find("\"question\":\"a dog\""), std::string::npos) << answers.out;
  }
  const ProgramResult repl = run_program("repl " + out, "a dog\n");
  EXPECT_EQ(repl.code, 0) << repl.err;
  EXPECT_NE(repl.out.find("chain: "), std::string::npos) << "there are no concepts to be continuous with: " << repl.out;
  const ProgramResult bench =
      run_program("bench " + out + " --repetitions 1 --length 8 --batch 2 --precision int8 --csv -");
  EXPECT_EQ(bench.code, 0) << bench.err;
  EXPECT_NE(bench.out.find("prefill,2,8"), std::string::npos) << bench.out;
  expect_complaint(run_program("bench " + out + " --shape prosqa --csv -"), "a model with at least 378 positions");
}

TEST_F(UsageTest, AnImportedModelIsABackboneThatAdaptersFit) {
  const std::string lm = (folder_ / "lm").string(), bundle = (folder_ / "bundle").string();
  ASSERT_EQ(run_program("import " NOEMA_TEST_DATA "/import/llama.gguf --out " + lm).code, 0);
  const std::string data = file("d.json", R"([{"question": "a dog", "steps": ["he"], "answer": "a dog"}])");
  const std::string others = file("v.json", R"([{"question": "a cat", "steps": ["he"], "answer": "a cat"}])");
  const auto recipe = [&](const std::string& backbone) {
    return file("r.toml", "name = \"x\"\ntask = \"gsm8k\"\nout = \"" + bundle +
                              "\"\n[data]\nmax_tokens = 32\ntrain = \"" + data + "\"\nvalid = \"" + others +
                              "\"\n[model]\nbackbone = \"" + backbone +
                              "\"\n[lora]\nrank = 2\n[chain]\nsteps = 1\nbatch = 2\n[semantic]\nsteps = 0\n"
                              "[contextual]\nsteps = 0\n[concept]\nsteps = 0\n[stop]\nsteps = 0\n");
  };
  const std::string train = "train " + recipe(lm) + " --run " + (folder_ / "run").string();
  EXPECT_NE(run_program(train + " --dry-run").out.find("frozen"), std::string::npos);
  const ProgramResult trained = run_program(train);
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_NE(run_program("describe " + bundle).out.find("adapter of rank 2"), std::string::npos);
  EXPECT_EQ(run_program("generate " + bundle + " --mode chain", "a dog\n").code, 0);
  std::filesystem::remove(bundle + "/base.safetensors");
  expect_complaint(run_program("describe " + bundle), "copy the chain.safetensors");
  expect_complaint(run_program("train " + recipe("no-such-model")), "model no-such-model");
}

TEST_F(UsageTest, AnImportThatFailsLeavesNothingBehind) {
  std::ifstream whole(NOEMA_TEST_DATA "/import/llama.gguf", std::ios::binary);
  const std::string content(std::istreambuf_iterator<char>(whole), {});
  const std::string out = (folder_ / "imported").string();
  expect_complaint(run_program("import " + file("short.gguf", content.substr(0, 60'000)) + " --out " + out),
                   "cut short");
  expect_complaint(run_program("import " + file("text.gguf", "hello") + " --out " + out), "a GGUF file");
  expect_complaint(run_program("import " + folder_.string() + " --out " + out), "tokenizer.json");
  EXPECT_FALSE(std::filesystem::exists(out));
}

TEST_F(UsageTest, RulesAreEvaluatedWithoutAModel) {
  const std::string data = file("q.json", R"([
      {"question": "Tom is a a. Every a is a b. Ann is a c. Is Tom a b or c?", "steps": [], "answer": "Tom is a b."},
      {"question": "Tom is a a. Every a is a b. Ann is a c. Is Ann a b or c?", "steps": [], "answer": "Ann is a c."}])");
  const ProgramResult table = run_program("eval --no-model --task prosqa --data " + data);
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_NE(table.out.find("deeper candidate"), std::string::npos) << table.out;
  const ProgramResult json = run_program("eval --no-model --task prosqa --json - --data " + data);
  const auto floors = nlohmann::json::parse(json.out)["floors"];
  ASSERT_GE(floors.size(), 3u);
  EXPECT_EQ(floors[1], (nlohmann::json{{"rule", "chance"}, {"n", 2}, {"accuracy", 0.5}}));
  EXPECT_EQ(floors[2], (nlohmann::json{{"rule", "deeper candidate"}, {"n", 2}, {"accuracy", 0.5}}));
  expect_complaint(run_program("eval --no-model --data " + data), "name it with --task");
}

TEST_F(UsageTest, CounterfactualsAreMadeOfAFileAndWhatHasNoneIsCounted) {
  const std::string data = file("q.json", R"([
      {"question": "Tom is a a. Every a is a b. Ann is a c. Is Tom a b or c?", "steps": [], "answer": "Tom is a b."},
      {"question": "Tom is a a. Is Tom a a or c?", "steps": [], "answer": "Tom is a a."}])");
  const ProgramResult made = run_program("data prosqa --out - --counterfactual " + data);
  EXPECT_EQ(made.code, 0) << made.err;
  const auto examples = nlohmann::json::parse(made.out);
  ASSERT_EQ(examples.size(), 1u);
  EXPECT_EQ(examples[0]["question"], "Tom is a a. Every a is a b. Ann is a c. Is Ann a b or c?");
  EXPECT_EQ(examples[0]["steps"], nlohmann::json{"Ann is a c."});
  EXPECT_EQ(examples[0]["answer"], "Ann is a c.");
  EXPECT_NE(made.err.find("1 of 2 questions"), std::string::npos) << made.err;
  expect_complaint(run_program("data stories --out - --counterfactual " + data), "questions of prosqa have them");
  EXPECT_EQ(run_program("data prosqa --count 5 --out - --counterfactual " + data).code, 2);
}

TEST_F(UsageTest, GeneratedDataDependsOnTheSeedAlone) {
  const auto generated = [&](const std::string& seed) {
    const std::string out = (folder_ / "d.json").string();
    EXPECT_EQ(run_program("data stories --count 5 --seed " + seed + " --out " + out).code, 0);
    std::ifstream stream(out);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  };
  EXPECT_EQ(generated("7"), generated("7"));
  EXPECT_NE(generated("7"), generated("8"));
}

}  // namespace
}  // namespace noema
