// Checks that the repository keeps its own rules; one line for each breach, and "N passed, N failed, 0 skipped" (rules) at the end.
//   dotnet run eng/tidy.cs
// A file that must break a rule stands in eng/tidy.allow: "rule path reason".
using System.Diagnostics;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Rule = (string Name, string Says, System.Func<System.Collections.Generic.IEnumerable<string>> Breaches);

var files = RepositoryFiles();
var allowed = File.ReadAllLines("eng/tidy.allow")
    .Where(line => line.Length > 0 && line[0] != '#')
    .Select(line => line.Split(' ', 3))
    .ToDictionary(parts => (Rule: parts[0], Path: parts[1]), parts => parts.Length == 3 ? parts[2] : "");

Rule[] rules =
[
    ("long-file", "A file in src has at most 400 lines.", () =>
        Named("src/", ".cs", ".razor", ".js", ".css").Where(f => Lines(f).Length > 400).Select(f => $"{f}: {Lines(f).Length} lines")),

    ("sleeping-test", "Tests wait for events, never for time to pass.", () =>
        Matches(Named("tests/", ".cs").Where(f => f.Contains(".Tests/", StringComparison.Ordinal)), @"\b(Thread\.Sleep|Task\.Delay)\(")),

    ("test-name", "A test is named as a sentence with underscores.", () =>
        Named("tests/", ".cs").SelectMany(f => Pattern(@"\[\w*(Fact|Theory)\b[^;{]*\bpublic [\w<>\[\]? ]+ (?<name>\w+)\(").Matches(File.ReadAllText(f))
            .Select(m => m.Groups["name"].Value).Where(name => Pattern("^[^_]*[a-z][A-Z][^_]*$").IsMatch(name)).Select(name => $"{f}: {name}"))),

    ("unknown-test", "A test that a document names is there.", () =>
    {
        var tests = Named("tests/", ".cs").Select(File.ReadAllText).ToArray();
        return Named("docs/", ".md").SelectMany(f => Pattern(@"`(?<class>\w+Tests)\.(?<name>\w+)`").Matches(File.ReadAllText(f))
            .Where(m => !tests.Any(t => t.Contains($"class {m.Groups["class"].Value}", StringComparison.Ordinal) && t.Contains($" {m.Groups["name"].Value}(", StringComparison.Ordinal)))
            .Select(m => $"{f}: {m.Value}"));
    }),

    ("event-twice", "A line of the process' log has a number of its own.", () =>
        Named("src/", ".cs").SelectMany(f => Pattern(@"\[LoggerMessage\((?<id>\d+)").Matches(File.ReadAllText(f)).Select(m => (File: f, Id: m.Groups["id"].Value)))
            .GroupBy(line => line.Id).Where(same => same.Count() > 1).Select(same => $"{same.Key}: {string.Join(", ", same.Select(line => line.File).Distinct())}")),

    ("skipped-test", "No test is switched off.", () =>
        Matches(Named("tests/", ".cs"), @"\bSkip\s*=\s*""")),

    ("machine-path", "No path of somebody's machine.", () =>
        Matches(files, @"(^|[^\w./~-])(/root/|/work/|/home/[a-z]|/Users/[a-z]|[A-Z]:\\Users\\)")),

    ("registry-host", "Where packages come from is the machine's setting, not a file's.", () =>
        Matches(files, @"registry\.npmjs\.org|api\.nuget\.org|nuget\.org/v3|registry\.yarnpkg\.com|pypi\.org/simple")),

    ("left-open", "Work left for later stands in an issue.", () =>
        Matches(Named("", ".cs", ".razor", ".js", ".css", ".sh", ".yaml", ".csproj", ".props"), @"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException")),

    ("region", "No regions.", () => Matches(Named("", ".cs"), @"^\s*#region")),

    ("silenced-warning", "A silenced warning says why, on its line or the one above.", () =>
        Named("", ".cs").Where(f => f != "eng/tidy.cs").SelectMany(f => Lines(f).Index()
            .Where(l => l.Item.Contains("#pragma warning disable", StringComparison.Ordinal) && !Explained(f, l.Index)).Select(l => $"{f}:{l.Index + 1}"))),

    ("unsealed", "A class in src is sealed, static or abstract.", () =>
        Matches(Named("src/", ".cs"), @"^\s*(public|internal|private|protected|file)?\s*(partial\s+)?(class|record)\s+[A-Z]")),

    ("drawer", "A folder is named for what it decides or does.", () =>
        files.Where(f => f.StartsWith("src/", StringComparison.Ordinal)
            && Pattern("/(Utils?|Utilities|Helpers?|Common|Services|Extensions|Models?|Misc|Managers?)/").IsMatch(f))),

    ("unmapped", "docs/architecture.md says what each folder of Core and Server is for.", () =>
    {
        var map = File.ReadAllText("docs/architecture.md");
        return files.Where(f => f.StartsWith("src/Tocsin.Core/", StringComparison.Ordinal) || f.StartsWith("src/Tocsin.Server/", StringComparison.Ordinal))
            .Select(f => f.Split('/')).Where(parts => parts.Length > 3).Select(parts => parts[2]).Distinct()
            .Where(folder => !map.Contains($"| `{folder}` |", StringComparison.Ordinal));
    }),

    ("unpinned", "A package has one exact version, in Directory.Packages.props.", () =>
        Unpinned()),

    ("unlocked", "A project has its lock file in the repository.", () =>
        Named("", ".csproj").Select(f => Path.Combine(Path.GetDirectoryName(f)!, "packages.lock.json")).Where(f => !files.Contains(f))),

    ("allowance", "An allowance has a reason and a file.", () =>
        allowed.Where(a => a.Value.Length == 0 || !files.Contains(a.Key.Path)).Select(a => $"eng/tidy.allow: {a.Key.Rule} {a.Key.Path}")),
];

var failed = 0;
foreach (var rule in rules)
{
    var breaches = rule.Breaches().Where(b => !allowed.ContainsKey((rule.Name, b.Split(':')[0]))).ToArray();
    failed += breaches.Length > 0 ? 1 : 0;
    foreach (var breach in breaches)
    {
        Console.WriteLine($"{rule.Name}: {breach}   ({rule.Says})");
    }
}

Console.WriteLine($"{rules.Length - failed} passed, {failed} failed, 0 skipped");
return failed > 0 ? 1 : 0;

HashSet<string> RepositoryFiles()
{
    var listing = new ProcessStartInfo("git", ["ls-files", "--cached", "--others", "--exclude-standard"])
    {
        RedirectStandardOutput = true,
        UseShellExecute = false,
    };
    using var git = Process.Start(listing)!;
    var names = git.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    git.WaitForExit();
    return [.. names.Where(File.Exists)];
}

IEnumerable<string> Named(string folder, params string[] endings) =>
    files.Where(f => f.StartsWith(folder, StringComparison.Ordinal) && endings.Any(e => f.EndsWith(e, StringComparison.Ordinal)))
        .Order(StringComparer.Ordinal);

Regex Pattern(string text) => new(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);

string[] Lines(string file) => File.ReadAllLines(file);

// The rules name what they look for, so this file is the one that they don't read.
IEnumerable<string> Matches(IEnumerable<string> where, string pattern)
{
    var regex = Pattern(pattern);
    return where.Where(f => f != "eng/tidy.cs" && !Binary(f)).Order(StringComparer.Ordinal)
        .SelectMany(f => Lines(f).Index().Where(l => regex.IsMatch(l.Item)).Select(l => $"{f}:{l.Index + 1}: {l.Item.Trim()}"));
}

bool Binary(string file) => Path.GetExtension(file) is ".png" or ".jpg" or ".ico" or ".gz" or ".zst" or ".woff2" or ".pb" or ".db";

bool Explained(string file, int line) =>
    Lines(file)[line].Contains("//", StringComparison.Ordinal) || (line > 0 && Lines(file)[line - 1].TrimStart().StartsWith("//", StringComparison.Ordinal));

IEnumerable<string> Unpinned()
{
    foreach (var version in XDocument.Load("Directory.Packages.props").Descendants("PackageVersion"))
    {
        if (!Pattern(@"^\d+(\.\d+){1,3}(-[\w.]+)?$").IsMatch(version.Attribute("Version")?.Value ?? ""))
        {
            yield return $"Directory.Packages.props: {version.Attribute("Include")?.Value}";
        }
    }

    foreach (var project in Named("", ".csproj", ".props", ".targets").Where(f => f != "Directory.Packages.props"))
    {
        foreach (var reference in XDocument.Load(project).Descendants("PackageReference"))
        {
            if (reference.Attribute("Version") is not null || reference.Attribute("VersionOverride") is not null)
            {
                yield return $"{project}: {reference.Attribute("Include")?.Value}";
            }
        }
    }
}
