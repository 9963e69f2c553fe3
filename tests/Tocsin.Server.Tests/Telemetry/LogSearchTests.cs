using Tocsin.Telemetry;
using static Tocsin.Tests.Telemetry.Lines;

namespace Tocsin.Tests.Telemetry;

/// <summary>What is stored is found, in the order of time, by what it says.</summary>
public abstract class LogSearchTests(Engine engine)
{
    [StoreFact]
    public async Task A_line_is_found_as_it_was_stored()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        var line = At(1.5, "Card declined\n  at Shop.Pay()", LineLevel.Critical) with
        {
            Source = "pay.log",
            Environment = "production",
            TraceId = "0af7651916cd43dd8448eb211c80319c",
            SpanId = "b7ad6b7169203331",
            Attributes = """{"order":"o-1"}""",
        };
        await node.StoreAsync(line);

        var found = Assert.Single(await node.AllAsync(Ever));

        Assert.Equal(line, found.Line);
        Assert.NotEqual(0, found.Template);
    }

    [StoreFact]
    public async Task What_a_search_finds_is_what_a_look_at_every_line_finds()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        var random = new Random(20260105);
        List<LogLine> all = [];
        for (var i = 0; i < 8; i++)
        {
            var lines = Random(random, 50, spreadSeconds: 10_000);
            all.AddRange(lines);
            await node.StoreAsync(lines);
        }

        string[] texts = ["", "payment", "timeout", "timeoutexception", "exception", "id", "\"user_id checkout\"", "payment -declined", "time*", "-retry", "déjà", "客", "server", "x86 http*", "o7", "never", "*ayment* -*clin*", "*tion", "/^(timeout|retry)/", "/x8\\d$/ payment", "-/t.m/"];
        foreach (var text in texts)
        {
            foreach (var query in (LogQuery[])
                [
                    Ever with { Text = text },
                    Ever with { Text = text, Service = "shop", Least = LineLevel.Error },
                    Ever with { Text = text, Source = "a.log", Environment = "staging" },
                    Ever with { Text = text, TraceId = $"{3:x32}" },
                    Ever with { Text = text, Service = "", From = VirtualClock.Start.AddSeconds(2_000), To = VirtualClock.Start.AddSeconds(5_000) },
                ])
            {
                var expected = all.Where(l => Naive(query, l)).OrderByDescending(l => l.At).Select(Told);
                var found = await node.AllAsync(query, limit: 100);

                Assert.Equal(found.Select(f => f.Id).OrderByDescending(id => id, StringComparer.Ordinal), found.Select(f => f.Id));
                Assert.Equal(found.Count, found.Select(f => f.Id).Distinct().Count());
                Assert.Equal(expected.Order(), found.Select(f => Told(f.Line)).Order());
                Assert.Equal(found.Select(f => f.Line.At).OrderDescending(), found.Select(f => f.Line.At));
            }
        }
    }

    private static string Told(LogLine line) => line.ToString();

    /// <summary>The same question, asked of one line without any of the machinery: words by a regular expression over humps.</summary>
    private static bool Naive(LogQuery query, LogLine line)
    {
        if (line.At < query.From || line.At >= query.To || line.Level < query.Least || (query.Service ?? line.Service) != line.Service || (query.Source ?? line.Source) != line.Source
            || (query.Environment ?? line.Environment) != line.Environment || (query.TraceId ?? line.TraceId) != line.TraceId)
        {
            return false;
        }

        // Every place where a word may begin or end gets a mark, then words are looked for between marks.
        var marked = string.Join('\n', new[] { line.Message, line.Attributes, line.TraceId }.Select(Marked));
        return query.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries) switch
        {
            [] => true,
            _ when query.Text[0] == '"' => Holds(marked, query.Text.Trim('"')),
            var terms => terms.All(t => t[0] == '-' ? !Has(line, marked, t[1..]) : Has(line, marked, t)),
        };
    }

    private static bool Has(LogLine line, string marked, string term) => (term[0], term[^1]) switch
    {
        ('/', '/') => new[] { line.Message, line.Attributes, line.TraceId }.Any(text => System.Text.RegularExpressions.Regex.IsMatch(text, term[1..^1], System.Text.RegularExpressions.RegexOptions.IgnoreCase)),
        ('*', '*') => marked.Replace("¦", "", StringComparison.Ordinal).Contains(term.Trim('*'), StringComparison.OrdinalIgnoreCase),
        ('*', _) => Holds(marked, term[1..], beginsAnywhere: true),
        (_, '*') => Holds(marked, term[..^1], endsAnywhere: true),
        _ => Holds(marked, term),
    };

    private static bool Holds(string marked, string words, bool beginsAnywhere = false, bool endsAnywhere = false) =>
        System.Text.RegularExpressions.Regex.IsMatch(
            marked, (beginsAnywhere ? "" : "¦") + string.Join("¦?", words.Select(c => System.Text.RegularExpressions.Regex.Escape($"{c}"))) + (endsAnywhere ? "" : "¦"),
            System.Text.RegularExpressions.RegexOptions.IgnoreCase);

    private static string Marked(string text) =>
        "¦" + System.Text.RegularExpressions.Regex.Replace(text, @"(?<![\p{L}\p{N}])|(?![\p{L}\p{N}])|(?<=\p{Lo})|(?=\p{Lo})|(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})", "¦") + "¦";

    public sealed class OnSqlite() : LogSearchTests(Engine.Sqlite);

    public sealed class OnPostgres() : LogSearchTests(Engine.Postgres);
}
