#include "inspect/report/report.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "tests/support/temporary_folder.h"

namespace noema {
namespace {

using nlohmann::json;
using test::message_of;
using test::TemporaryFolder;

const json kRun = {{"command", "noema dump"}, {"model", "stories"}, {"commit", "abc"}, {"seed", 7}};

json step(const std::string& text, bool latent) {
  json made = {{"text", text}, {"is_view", latent}, {"token_probability", 0.987654321}, {"entropy", 0.01}};
  if (latent) made.update({{"stop_probability", 0.25}, {"latent", 3}, {"norm", 2.5}, {"cosine_to_last", 0.5}});
  return made;
}

json trajectory(int id, const std::string& question, const std::string& mode, const std::vector<std::string>& steps) {
  json made = {
      {"schema", 1},      {"id", id},           {"question", question}, {"mode", mode},     {"steps", json::array()},
      {"answer", "park"}, {"stop", "answered"}, {"right", true},        {"valid", nullptr}, {"true_answer", "park"}};
  for (const std::string& text : steps) made["steps"].push_back(step(text, mode == "continuous"));
  made["cost"] = {{"passes", 3},       {"tokens", 20},        {"gflops", 0.5},     {"prefill_gflops", 0.1},
                  {"prefill_ms", 1.0}, {"reasoning_ms", 2.0}, {"decoding_ms", 0.5}};
  return made;
}

json lens(const std::vector<std::string>& questions, int layers, const std::vector<std::string>& steps) {
  json made = {{"schema", 1}, {"kind", "lens"}, {"run", kRun}, {"layers", layers}, {"questions", json::array()}};
  for (const std::string& question : questions) {
    json asked = {{"id", 0}, {"question", question}, {"answer", "park"}, {"steps", json::array()}};
    for (const std::string& text : steps) {
      json cells = json::array();
      for (int layer = 0; layer < layers; ++layer) {
        cells.push_back({{"text", text + std::to_string(layer)},
                         {"probability", 0.123456},
                         {"entropy", 1.23456},
                         {"cosine", 0.98765},
                         {"agrees", layer > 1}});
      }
      asked["steps"].push_back({{"text", text}, {"settled", 2}, {"layers", cells}});
    }
    made["questions"].push_back(asked);
  }
  return made;
}

json evaluation() {
  const json ms = {{"p50", 1.0}, {"p95", 2.0}, {"p99", 3.0}};
  json latency = ms;
  latency.update({{"prefill", ms}, {"reasoning", ms}, {"decoding", ms}});
  const json result = {{"mode", "chain"},     {"n", 100},
                       {"accuracy", 0.5},     {"ci95", {0.4, 0.6}},
                       {"validity", nullptr}, {"stop_accuracy", nullptr},
                       {"steps", 4.5},        {"passes", 40},
                       {"tokens", 40},        {"latency_ms", latency},
                       {"gflops", 1.5},       {"gflops_without_prefill", 1.0}};
  return {{"kind", "evaluation"}, {"run", kRun}, {"task", "stories"}, {"ablation", "none"}, {"results", {result}}};
}

json probe() {
  const json columns = {{{"name", "noise"}, {"unit", ""}}, {{"name", "accuracy"}, {"unit", "share"}}};
  return {{"schema", 1},
          {"kind", "probe"},
          {"probe", "noise"},
          {"conclusion", "It holds."},
          {"columns", columns},
          {"rows", {{0.0, 0.9}, {1.0, nullptr}}},
          {"charts", {{{"x", "noise"}, {"y", "accuracy"}, {"low", ""}, {"high", ""}, {"series", json::array()}}}}};
}

std::string lines(const std::vector<json>& objects) {
  std::string text;
  for (const json& object : objects) text += object.dump() + "\n";
  return text;
}

/// A dump's folder of this name.
std::filesystem::path dump(const TemporaryFolder& folder, const std::string& name, const std::string& content) {
  folder.file(name + "/dump.json", json{{"schema", 1}, {"kind", "dump"}, {"run", kRun}}.dump());
  folder.file(name + "/trajectories.jsonl", content);
  return folder / name;
}

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const std::size_t at = text.find(begin) + begin.size();
  return text.substr(at, text.find(end, at) - at);
}

/// What the page's scripts read.
json data_of(const std::string& page) {
  return parse_json(between(page, "<script type=\"application/json\" id=\"data\">", "</script>"), "page");
}

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++found;
  return found;
}

TEST(Report, JoinsDumpsAndLensesByTheTextOfTheirQuestions) {
  const TemporaryFolder folder;
  const auto latent = dump(folder, "latent",
                           lines({trajectory(0, "Where?", "continuous", {"Tom has it.", "### park"}),
                                  trajectory(1, "Who?", "continuous", {"### Tom"})}));
  const auto chain = dump(folder, "chain", lines({trajectory(8, "Where?", "chain", {"Tom has it.", "### park"})}));
  const auto layers = folder.file("lens.json", lens({"Who?"}, 3, {"### Tom"}).dump());
  const json data = data_of(make_report({latent, chain, layers}));
  EXPECT_EQ(data["tracks"], json({{0, "continuous"}, {1, "chain"}}));
  ASSERT_EQ(data["questions"].size(), 2u);
  const json where = data["questions"][0], who = data["questions"][1];
  EXPECT_EQ(where[1], "Where?");
  EXPECT_EQ(data["texts"][where[2].get<std::size_t>()], "park");
  EXPECT_EQ(where[3].size(), 2u);
  EXPECT_EQ(where[4].size(), 0u);
  EXPECT_EQ(who[3].size(), 1u);
  ASSERT_EQ(who[4].size(), 1u);
  EXPECT_EQ(where[3][0][5][0][0], where[3][1][5][0][0]) << "equal sentences are held once";
  EXPECT_EQ(where[3][0][5][0], json({where[3][0][5][0][0], 1, 0.9877, 0.01, 0.25, 0.5, 2.5}));
  EXPECT_EQ(who[4][0][2][0][2].size(), 3u);
}

TEST(Report, CarriesEvaluationsProbesAndWhereTheyCameFrom) {
  const TemporaryFolder folder;
  json asked = evaluation();
  asked["run"]["password"] = "secret";
  const std::string page = make_report({folder.file("e.json", asked.dump()), folder.file("p.json", probe().dump())});
  const json data = data_of(page);
  EXPECT_EQ(data["evaluations"][0]["results"][0]["accuracy"], 0.5);
  EXPECT_EQ(data["probes"][0]["charts"][0]["y"], 1) << "charts name columns by number";
  EXPECT_EQ(data["probes"][0]["charts"][0]["low"], nullptr);
  EXPECT_EQ(data["runs"][0]["run"]["commit"], "abc");
  EXPECT_EQ(data["runs"][0]["run"]["seed"], "7");
  EXPECT_EQ(data["runs"][1]["run"], json::object());
  EXPECT_EQ(page.find("secret"), std::string::npos);
}

TEST(Report, TextsCannotBecomeMarkup) {
  const TemporaryFolder folder;
  const std::string hostile = "</script><script>alert(1)</script><!-- <b>&amp;\"' \xe2\x80\xa8\xe2\x80\xa9 {{script}}";
  const auto runs = dump(folder, "d", lines({trajectory(0, hostile, hostile, {hostile})}));
  const std::string page = make_report({runs}, nullptr, {.title = "<script>alert(2)</script>"});
  EXPECT_EQ(count(page, "<script"), 2) << "the data's and the page's own";
  EXPECT_EQ(count(page, "</script"), 2);
  EXPECT_EQ(page.find("alert(1)</"), std::string::npos);
  EXPECT_EQ(page.find("\xe2\x80\xa8"), std::string::npos);
  EXPECT_NE(page.find("<title>&lt;script&gt;alert(2)&lt;/script&gt;</title>"), std::string::npos);
  const json data = data_of(page);
  EXPECT_EQ(data["questions"][0][1], hostile);
  EXPECT_EQ(data["tracks"][0][1], hostile);
}

TEST(Report, NeedsNothingBesideItself) {
  const TemporaryFolder folder;
  const std::string page = make_report({folder.file("p.json", probe().dump())});
  for (const char* sign : {"http:", "https:", "//cdn", " src=", "@import", "url(", "fetch(", "XMLHttpRequest",
                           "import(", "WebSocket", "<link", "innerHTML", "unsafe-", "{{"}) {
    EXPECT_EQ(page.find(sign), std::string::npos) << sign;
  }
  EXPECT_EQ(count(page, "href=\""), count(page, "href=\"#"));
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(page.find("script-src 'sha256-"), std::string::npos);
}

TEST(Report, TwoHundredQuestionsStayBelowTwoMegabytes) {
  const TemporaryFolder folder;
  const std::string story(500, 'x');
  std::vector<std::filesystem::path> runs;
  std::vector<std::string> questions, steps;
  for (int i = 0; i < 200; ++i) questions.push_back(story + std::to_string(i));
  for (int i = 0; i < 5; ++i) steps.push_back("Ruth has the phone in the yard " + std::to_string(i) + ".");
  for (const char* mode : {"continuous", "discretized", "chain"}) {
    std::vector<json> dumped;
    for (int i = 0; i < 200; ++i) {
      for (std::string& text : steps) text += std::to_string(i % 10);
      dumped.push_back(trajectory(i, questions[static_cast<std::size_t>(i)], mode, steps));
      for (std::string& text : steps) text.pop_back();
    }
    runs.push_back(dump(folder, mode, lines(dumped)));
  }
  runs.push_back(folder.file("lens.json", lens(questions, 6, steps).dump()));
  EXPECT_LT(make_report(runs).size(), 2'000'000u);
}

TEST(Report, ShowsAMapOnlyWhereOneIsGiven) {
  const TemporaryFolder folder;
  const auto runs = dump(folder, "d", lines({trajectory(4, "Where?", "continuous", {"### park"})}));
  EXPECT_FALSE(data_of(make_report({runs})).contains("map"));
  TrajectoryMap map{.explained = {0.5, 0.25}, .paths = {{{0, 4}, {{1.0, 2.0}, {3.0, 4.0}}}, {{0, 5}, {{1.0, 2.0}}}}};
  const json data = data_of(make_report({runs}, &map));
  EXPECT_EQ(data["map"]["explained"], json({0.5, 0.25}));
  EXPECT_EQ(data["map"]["paths"], json::array({{0, 0, {1.0, 2.0, 3.0, 4.0}}}));
  map.paths[{0, 4}][0][0] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(make_report({runs}, &map), Error);
}

TEST(Report, SaysHowManyQuestionsHadNoRoom) {
  const TemporaryFolder folder;
  const auto runs = dump(folder, "d",
                         lines({trajectory(0, "A?", "chain", {"### a"}),  //
                                trajectory(1, "B?", "chain", {"### b"}),  //
                                trajectory(2, "C?", "chain", {"### c"})}));
  const json data = data_of(make_report({runs, runs}, nullptr, {.max_questions = 1}));
  EXPECT_EQ(data["questions"].size(), 1u);
  EXPECT_EQ(data["left_out"], 2);
}

/// The message for a single run with this content.
std::string refusal(const json& content) {
  const TemporaryFolder folder;
  const auto path = folder.file("run.json", content.is_string() ? content.get<std::string>() : content.dump());
  return message_of([&] { make_report({path}); });
}

std::string dump_refusal(const std::string& content) {
  const TemporaryFolder folder;
  const auto path = dump(folder, "d", content);
  return message_of([&] { make_report({path}); });
}

json changed(json object, const std::string& pointer, const json& value) {
  object[json::json_pointer(pointer)] = value;
  return object;
}

#define EXPECT_SAYS(message, part) EXPECT_NE((message).find(part), std::string::npos) << (message)

TEST(Report, RefusesWhatIsNoRun) {
  const TemporaryFolder folder;
  EXPECT_SAYS(message_of([] { make_report(std::vector<ReportRun>()); }), "at least one run");
  EXPECT_SAYS(message_of([&] { make_report({folder / "none"}); }), "readable file");
  EXPECT_SAYS(message_of([&] { make_report({folder / ""}); }), "trajectories.jsonl");
  EXPECT_SAYS(refusal("not JSON"), "line 1");
  EXPECT_SAYS(refusal(""), "JSON");
  EXPECT_SAYS(refusal(json::array()), "at least one result");
  EXPECT_SAYS(refusal(json::array({3})), "a JSON object");
  EXPECT_SAYS(refusal({{"model", "x"}}), "\"kind\"");
  EXPECT_SAYS(refusal({{"kind", "cake"}}), "evaluation, lens or probe");
  EXPECT_SAYS(refusal({{"kind", "dump"}}), "give the dump's folder");
  EXPECT_SAYS(refusal(std::string(1000, '[')), "nested");
}

TEST(Report, RefusesDumpsThatAreEmptyMalformedOrOfAnotherSchema) {
  const json good = trajectory(0, "Where?", "continuous", {"Tom has it.", "### park"});
  EXPECT_EQ(dump_refusal(lines({good})), "no error");
  EXPECT_SAYS(dump_refusal(""), "at least one trajectory");
  EXPECT_SAYS(dump_refusal("\n \n"), "at least one trajectory");
  EXPECT_SAYS(dump_refusal(lines({good}) + "{\"schema\": 1"), "line 2");
  EXPECT_SAYS(dump_refusal(lines({good, changed(good, "/schema", 2)})), "line 2: schema: expected 1, found 2");
  EXPECT_SAYS(dump_refusal(lines({changed(good, "/question", 5)})), "question: expected a text");
  EXPECT_SAYS(dump_refusal(lines({changed(good, "/steps", "none")})), "steps: expected an array");
  EXPECT_SAYS(dump_refusal(lines({changed(good, "/steps/0", 5)})), "a JSON object");
  EXPECT_SAYS(dump_refusal(lines({changed(good, "/steps/0/token_probability", 1.5)})), "token_probability");
  EXPECT_SAYS(dump_refusal(lines({changed(good, "/steps/1/norm", -1.0)})), "norm");
  EXPECT_SAYS(dump_refusal(lines({changed(good, "/cost/gflops", 1e300)})), "gflops");
  EXPECT_SAYS(dump_refusal(lines({changed(good, "/right", "yes")})), "true or false");
  EXPECT_SAYS(dump_refusal("{\"schema\": 1, \"question\": \"\xff\"}"), "JSON");
}

TEST(Report, RefusesTablesThatDoNotFitTogether) {
  EXPECT_EQ(refusal(evaluation()), "no error");
  EXPECT_SAYS(refusal(changed(evaluation(), "/results", json::array())), "empty");
  EXPECT_SAYS(refusal(changed(evaluation(), "/results/0/accuracy", 50)), "accuracy");
  EXPECT_SAYS(refusal(changed(evaluation(), "/results/0/ci95", {0.1})), "ci95");
  EXPECT_SAYS(refusal(changed(evaluation(), "/results/0/latency_ms", 5)), "latency_ms");
  EXPECT_SAYS(refusal(changed(evaluation(), "/run", "me")), "run");
  EXPECT_EQ(refusal(probe()), "no error");
  EXPECT_SAYS(refusal(changed(probe(), "/schema", 9)), "schema");
  EXPECT_EQ(refusal(changed(probe(), "/rows", json::array())), "no error");
  EXPECT_SAYS(refusal(changed(probe(), "/rows/0", {1, 2, 3})), "2 values");
  EXPECT_SAYS(refusal(changed(probe(), "/rows/0/0", json::object())), "texts, numbers and null");
  EXPECT_SAYS(refusal(changed(probe(), "/charts/0/x", "time")), "name of a column");
  const json layers = lens({"Where?"}, 3, {"### park"});
  EXPECT_EQ(refusal(layers), "no error");
  EXPECT_SAYS(refusal(changed(layers, "/layers", 4)), "expected 4 elements, found 3");
  EXPECT_SAYS(refusal(changed(layers, "/questions/0/steps/0/settled", 4)), "settled");
  EXPECT_SAYS(refusal(changed(layers, "/questions", json::array())), "empty");
  EXPECT_SAYS(refusal(changed(layers, "/questions/0/steps/0/layers/0/cosine", 7)), "cosine");
}

}  // namespace
}  // namespace noema
