#include "inspect/report/report.h"

#include "base/error.h"
#include "base/file.h"
#include "base/utf8.h"
#include "inspect/report/assets.h"
#include "inspect/report/page_data.h"

namespace noema {
namespace {

/// Digits and letters of base 64, of bytes given as hexadecimal digits.
std::string base64(std::string_view hex) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto value = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  std::string text;
  // Three hexadecimal digits are two of base 64.
  for (std::size_t i = 0; i < hex.size(); i += 3) {
    unsigned bits = 0;
    for (std::size_t j = i; j < i + 3; ++j) bits = bits << 4 | (j < hex.size() ? value(hex[j]) : 0);
    text += kDigits[bits >> 6];
    if (i + 1 < hex.size()) text += kDigits[bits & 63];
  }
  while (text.size() % 4 != 0) text += '=';
  return text;
}

/// The source that a content security policy allows: only this very script or style.
std::string hash_source(std::string_view content) { return "'sha256-" + base64(sha256(content)) + "'"; }

/// JSON for the inside of a script element: no tag can begin in it, and no line ends that scripts of old take amiss.
std::string script_json(const nlohmann::json& json) {
  std::string text;
  for (const char c : json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)) {
    switch (c) {
      case '<':
        text += "\\u003c";
        break;
      case '>':
        text += "\\u003e";
        break;
      case '&':
        text += "\\u0026";
        break;
      default:
        text += c;
    }
  }
  for (const auto& [from, to] : {std::pair{"\xe2\x80\xa8", "\\u2028"}, std::pair{"\xe2\x80\xa9", "\\u2029"}}) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos;) text.replace(at, 3, to);
  }
  return text;
}

std::string escaped_html(std::string_view text) {
  std::string escaped;
  for (const char c : utf8_repaired(text)) {
    if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else if (c == '&') {
      escaped += "&amp;";
    } else if (c == '"') {
      escaped += "&quot;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

/// The template with each {{name}} replaced. One pass: what is put in is not looked at again.
std::string filled(std::string_view page, const std::map<std::string_view, std::string>& parts) {
  std::string text;
  while (true) {
    const std::size_t begin = page.find("{{");
    text += page.substr(0, begin);
    if (begin == std::string_view::npos) return text;
    const std::size_t end = page.find("}}", begin);
    text += parts.at(page.substr(begin + 2, end - begin - 2));
    page.remove_prefix(end + 2);
  }
}

std::string whole_script() {
  // One function around all files: they share names with each other and with nothing else.
  return "(() => {\n\"use strict\";\n" + std::string(report::script_asset()) + "})();\n";
}

}  // namespace

std::string make_report(const std::vector<std::filesystem::path>& paths, const TrajectoryMap* map,
                        const ReportOptions& options) {
  std::vector<ReportRun> runs, further;  // the map names runs by the places of their paths
  for (const auto& path : paths) {
    std::vector<ReportRun> read = read_report_runs(path);
    runs.push_back(std::move(read.front()));
    std::move(read.begin() + 1, read.end(), std::back_inserter(further));
  }
  std::move(further.begin(), further.end(), std::back_inserter(runs));
  return make_report(runs, map, options);
}

std::string make_report(const std::vector<ReportRun>& runs, const TrajectoryMap* map, const ReportOptions& options) {
  if (runs.empty()) throw Error({"report", "at least one run", "none", "name a dump, evaluation, lens or probe"});
  const std::string script = whole_script();
  const std::string style(report::css_asset());
  const std::string policy = "default-src 'none'; base-uri 'none'; form-action 'none'; script-src " +
                             hash_source(script) + "; style-src " + hash_source(style);
  return filled(report::html_asset(), {{"title", escaped_html(options.title)},
                                       {"policy", policy},
                                       {"style", style},
                                       {"script", script},
                                       {"data", script_json(report::page_data(runs, map, options.max_questions))}});
}

}  // namespace noema
