// Checks that every link of the Markdown files to something inside the repository leads there: files, folders and headings.
//   dotnet run eng/links.cs
// Links to other hosts are not fetched. The last line reads "N passed, N failed, 0 skipped" (files).
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

const RegexOptions Safe = RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant;
var link = new Regex(@"\]\((?<target>[^)\s]+)( ""[^""]*"")?\)|^\[[^\]]+\]:\s+(?<target>\S+)|(href|src)=""(?<target>[^""]+)""", Safe);
var code = new Regex("`[^`]*`", Safe);
var heading = new Regex(@"^#{1,6}\s+(?<text>.+?)\s*#*$", Safe);
var (passed, failed) = (0, 0);

foreach (var file in MarkdownFiles())
{
    var broken = 0;
    foreach (var (line, text) in Prose(file))
    {
        foreach (var target in link.Matches(code.Replace(text, "")).Select(m => m.Groups["target"].Value))
        {
            if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal))
            {
                continue;
            }

            if (Problem(file, target) is { } problem)
            {
                broken++;
                Console.WriteLine($"{file}:{line}: {target}: {problem}");
            }
        }
    }

    passed += broken == 0 ? 1 : 0;
    failed += broken == 0 ? 0 : 1;
}

Console.WriteLine($"{passed} passed, {failed} failed, 0 skipped");
return failed > 0 ? 1 : 0;

string? Problem(string file, string target)
{
    var parts = target.Split('#', 2);
    var path = parts[0].Length == 0 ? file : Path.GetRelativePath(".", Path.Combine(Path.GetDirectoryName(file)!, Uri.UnescapeDataString(parts[0])));
    if (path.StartsWith("..", StringComparison.Ordinal) || parts[0].StartsWith('/'))
    {
        return "leads out of the repository";
    }

    if (!File.Exists(path) && !Directory.Exists(path))
    {
        return "there is no such file";
    }

    return parts.Length == 2 && path.EndsWith(".md", StringComparison.Ordinal) && !Headings(path).Contains(parts[1])
        ? "there is no such heading"
        : null;
}

// The anchors that a heading gets on the usual hosts: lower case, words joined by hyphens, repeated ones numbered.
HashSet<string> Headings(string file)
{
    var anchors = new HashSet<string>(StringComparer.Ordinal);
    foreach (var (_, text) in Prose(file))
    {
        if (heading.Match(text) is { Success: true } match)
        {
            var words = new StringBuilder();
            foreach (var c in match.Groups["text"].Value)
            {
                words.Append(char.IsLetterOrDigit(c) || c is '-' or '_' ? char.ToLowerInvariant(c) : c == ' ' ? '-' : null);
            }

            var anchor = words.ToString();
            for (var n = 1; !anchors.Add(anchor); n++)
            {
                anchor = $"{words}-{n}";
            }
        }
    }

    return anchors;
}

// Lines outside fenced code.
IEnumerable<(int Line, string Text)> Prose(string file)
{
    var fenced = false;
    foreach (var (index, text) in File.ReadAllLines(file).Index())
    {
        if (text.TrimStart().StartsWith("```", StringComparison.Ordinal))
        {
            fenced = !fenced;
        }
        else if (!fenced)
        {
            yield return (index + 1, text);
        }
    }
}

string[] MarkdownFiles()
{
    var listing = new ProcessStartInfo("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"])
    {
        RedirectStandardOutput = true,
        UseShellExecute = false,
    };
    using var git = Process.Start(listing)!;
    var names = git.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    git.WaitForExit();
    return [.. names.Where(File.Exists)];
}
