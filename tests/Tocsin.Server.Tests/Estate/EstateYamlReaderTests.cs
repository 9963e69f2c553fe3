using Tocsin.Estate;

namespace Tocsin.Tests.Estate;

public sealed class EstateYamlReaderTests
{
    [Fact]
    public void Places_are_those_of_the_text()
    {
        var map = Assert.IsType<EstateMap>(Assert.Single(Read("a: 1\nb:\n  - x\n  -  y\n")));

        Assert.Equal(new Mark("f.yaml", 2, 1), map.Entries[1].Mark);
        Assert.Equal(new Mark("f.yaml", 4, 6), ((EstateList)map.Find("b")!).Items[1].Mark);
    }

    [Fact]
    public void A_bare_number_or_flag_stays_one_and_all_else_is_text()
    {
        var map = (EstateMap)Read("a: 12\nb: \"12\"\nc: true\nd: no\ne: 0x10\nf: 010\ng: 1.5\nh: 2026-01-05T09:00\n")[0];

        Assert.Equal("12 true 1.5", string.Join(' ', map.Entries.Select(e => (EstateScalar)e.Value).Where(s => s.IsLiteral).Select(s => s.Text)));
        Assert.Equal("12 12 true no 0x10 010 1.5 2026-01-05T09:00", string.Join(' ', map.Entries.Select(e => ((EstateScalar)e.Value).Text)));
    }

    [Fact]
    public void What_is_null_is_not_there() => Assert.Equal("d", Assert.Single(((EstateMap)Read("a:\nb: ~\nc: null\nd: \"null\"\n")[0]).Entries).Key);

    [Fact]
    public void An_alias_stands_for_its_anchor()
    {
        var map = (EstateMap)Read("a: &x [1, 2]\nb: *x\n")[0];

        Assert.True(EstateNode.Same(map.Find("a"), map.Find("b")));
    }

    [Theory]
    [InlineData("a: 1\nb: 2\na: 3\n", "f.yaml:3:1: error: the key \"a\" stands twice; first on line 1")]
    [InlineData("a: *x\n", "f.yaml:1:4: error: unknown alias \"*x\"")]
    [InlineData("a: &x\n  b: *x\n", "f.yaml:2:6: error: unknown alias \"*x\"")]
    [InlineData("a: [1, ]\nb: [~]\n", "f.yaml:2:5: error: an empty item in a list")]
    [InlineData("a: &x {b: 1}\nc:\n  <<: *x\n", "f.yaml:3:3: error: merge keys (<<) are not read; write the keys out, or use an alias for a whole value")]
    [InlineData("a: !secret b\n", "f.yaml:1:4: error: the tag \"!secret\" means nothing here")]
    [InlineData("a: \"\\0\"\n", "f.yaml:1:4: error: the character U+0000 is not allowed in a text")]
    [InlineData("a: \"\\x1b[31m\"\n", "f.yaml:1:4: error: the character U+001B is not allowed in a text")]
    public void What_cannot_be_meant_is_a_fault_with_its_place(string yaml, string fault)
    {
        var faults = new List<EstateFault>();
        EstateYamlReader.Read(yaml, "f.yaml", faults);

        Assert.Equal(fault, Assert.Single(faults).ToString());
    }

    [Theory]
    [InlineData("a: [1\n")]
    [InlineData("a: 1\n b: 2\n")]
    [InlineData("a: \"x\n")]
    [InlineData("{[a]: 1}\n")]
    [InlineData("a: @x\n")]
    public void Broken_text_is_one_fault_with_its_line(string yaml)
    {
        var faults = new List<EstateFault>();
        EstateYamlReader.Read(yaml, "f.yaml", faults);

        var fault = Assert.Single(faults);
        Assert.InRange(fault.Mark.Line, 1, 3);
        Assert.StartsWith("not readable as YAML: ", fault.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Idx", fault.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bomb_of_aliases_costs_little()
    {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + string.Concat(Enumerable.Range(1, 12).Select(i =>
            $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));

        Assert.Contains("more than 200000 values", Fault(bomb), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    public void Deep_nesting_is_refused(string opening) =>
        Assert.Contains("nested more than 32 deep", Fault(string.Concat(Enumerable.Repeat(opening, 5_000))), StringComparison.Ordinal);

    [Fact]
    public void A_text_that_is_too_long_is_refused_unread() =>
        Assert.Contains("at most 4194304 are read", Fault(new string('#', EstateYamlReader.MaxLength + 1)), StringComparison.Ordinal);

    [Fact]
    public void Whatever_the_text_it_is_read_or_refused()
    {
        const string whole = "apiVersion: tocsin/v1\nusers:\n  - {name: ana, &a contact: [{name: 'm', type: \"email\"}]}\n  - *a\nroute:\n  routes: [\n    {a: b}, - ? c\n  ]\n...\n---\n# x\nb: |\n  y\nc: >-\n  z\n";
        const string alphabet = "[]{}:,-?&*!|>'\"%@`#\n \tab\\.~";
        for (var seed = 0; seed < 5_000; seed++)
        {
            var random = new Random(seed);
            var text = new System.Text.StringBuilder(whole);
            for (var edits = random.Next(1, 12); edits > 0; edits--)
            {
                var at = random.Next(text.Length);
                _ = random.Next(3) switch
                {
                    0 => text.Remove(at, 1),
                    1 => text.Insert(at, alphabet[random.Next(alphabet.Length)]),
                    _ => text.Replace(text[at], alphabet[random.Next(alphabet.Length)], at, 1),
                };
            }

            var thrown = Record.Exception(() => EstateYamlReader.Read(text.ToString(), "f.yaml", []));

            Assert.True(thrown is null, $"seed {seed}: {thrown}\n{text}");
        }
    }

    [Fact]
    public void Empty_documents_do_not_count() => Assert.Single(Read("# nothing\n---\n---\na: 1\n...\n"));

    private static IReadOnlyList<EstateNode> Read(string yaml)
    {
        var faults = new List<EstateFault>();
        var documents = EstateYamlReader.Read(yaml, "f.yaml", faults);
        Assert.Empty(faults);
        return documents;
    }

    private static string Fault(string yaml)
    {
        var faults = new List<EstateFault>();
        EstateYamlReader.Read(yaml, "f.yaml", faults);
        return Assert.Single(faults).Text;
    }
}
