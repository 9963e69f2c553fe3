using System.Runtime.CompilerServices;
using Tocsin.Estate;

namespace Tocsin.Tests.Estate;

/// <summary>What we show to others works, and what is written about the keys is what the table says.</summary>
public sealed class EstateExamplesTests
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "../../.."));

    public static TheoryData<string> Examples => [.. Directory.EnumerateFiles(Path.Combine(Root, "examples"), "*.yaml").Select(f => Path.GetFileName(f)).Order()];

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_stands_as_it_is(string file)
    {
        var report = new EstateCheck(EstateBench.Providers, EstateBench.Clock).Run(Path.Combine(Root, "examples", file), EstateBench.Resolver());

        Assert.Equal("", string.Join('\n', report.Faults.Concat(report.TestFailures).Concat(report.Warnings)));
        Assert.NotEqual(0, report.Tests);
    }

    [Fact]
    public void Every_block_of_YAML_in_the_reference_can_be_used()
    {
        var page = File.ReadAllText(Path.Combine(Root, "docs/reference/estate.md"));
        var blocks = page.Split("```yaml\n").Skip(1).Select(rest => rest[..rest.IndexOf("```", StringComparison.Ordinal)]).ToArray();

        Assert.True(blocks.Length >= 5);
        Assert.All(blocks, block =>
        {
            // A block shows a part; what it refers to stands in the first one.
            var text = block.Contains("apiVersion:", StringComparison.Ordinal) ? block : Merge(blocks[0], block);
            var report = new EstateCheck(EstateBench.Providers, EstateBench.Clock).Run(
                EstateFiles.Parse(text, "block.yaml"), EstateBench.Resolver(("SLACK_OPS_URL", "https://hooks.slack.com/services/T0/B0/x"), ("GRAFANA_KEY", "abcdefghijklmnop")));
            Assert.True(report.Ok, $"{report.Render()}\n{text}");
        });
    }

    [Fact]
    public void The_schema_for_editors_is_drawn_from_the_table() => Same("docs/reference/estate.schema.json", EstateJsonSchema.Write(EstateBench.Providers));

    [Fact]
    public void The_lists_of_keys_in_the_reference_are_drawn_from_the_table()
    {
        var page = File.ReadAllText(Path.Combine(Root, "docs/reference/estate.md"));
        Same("docs/reference/estate.md", EstateReference.Fill(page, EstateBench.Providers));
    }

    /// <summary>The sections of a block replace those of the whole.</summary>
    private static string Merge(string whole, string part)
    {
        var replaced = Sections(part).Select(s => s.Key).ToHashSet();
        return string.Concat(Sections(whole).Where(s => !replaced.Contains(s.Key)).SelectMany(s => s.Lines)) + part;
    }

    private static List<(string Key, List<string> Lines)> Sections(string yaml)
    {
        var sections = new List<(string Key, List<string> Lines)>();
        foreach (var line in yaml.Split('\n'))
        {
            if (line.Length > 0 && char.IsAsciiLetter(line[0]))
            {
                sections.Add((line[..line.IndexOf(':', StringComparison.Ordinal)], []));
            }

            sections[^1].Lines.Add(line + "\n");
        }

        return sections;
    }

    private static void Same(string file, string expected)
    {
        var path = Path.Combine(Root, file);
        if (Environment.GetEnvironmentVariable("TOCSIN_WRITE_DOCS") == "1")
        {
            File.WriteAllText(path, expected);
        }

        var stands = File.Exists(path) ? File.ReadAllText(path) : "";
        Assert.True(stands == expected, $"{file} is out of date. Write it again: TOCSIN_WRITE_DOCS=1 dotnet test tests/Tocsin.Server.Tests --filter FullyQualifiedName~EstateExamples");
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
