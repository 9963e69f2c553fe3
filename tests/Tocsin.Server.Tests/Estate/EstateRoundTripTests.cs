using Tocsin.Estate;

namespace Tocsin.Tests.Estate;

public sealed class EstateRoundTripTests
{
    private static readonly string[] Tricky =
    [
        "", " ", "~", "null", "NULL", "true", "False", "yes", "no", "On", "y", "12", "-1.5", "1e3", "0x10", "010", "1_000", "12:30", "2026-01-05T09:00", "5m", "1h30m",
        "5e3", ":", "a:", "a: b", "a:b", "#", "a #b", "- a", "-", "?", "? a", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a", "'", "\"", "'a'", "\\", "\\n", "\n", "a\nb\n", "\r\n", "\t",
        "{", "}", "[", "]", ",", "a, b", "<<", "---", "...", "${env:X}", "$${", " lead", "trail ", "é", "日本語", "🔔", "a\u00A0b", "\u2028", "\uFEFF", "\uE000", "\uFFFD", "user:ana",
        "http://example.test/?a=b&c#d", "severity=~\"critical|high\"",
    ];

    [Fact]
    public void What_is_exported_is_read_back_the_same()
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            EstateObject[] objects =
            [
                .. Enumerable.Range(0, random.Next(4)).Select(i => Object("one", "team", $"t{i}", random)),
                .. Enumerable.Range(0, random.Next(3)).Select(i => Object("two", "silence", $"s{i}", random)),
                Object("two", "route", "root", random),
            ];

            var yaml = new EstateYaml(EstateBench.Secrets).Write(objects);
            var text = EstateFiles.Parse(yaml, "export.yaml");

            Assert.True(text.Faults.Count == 0, $"seed {seed}: {string.Join('\n', text.Faults)}\n{yaml}");
            Assert.Equal(objects.Select(o => o.Key).Order(Comparer), text.Objects.Select(o => o.Key).Order(Comparer));
            Assert.All(objects, o => Assert.True(EstateNode.Same(o.Body, text.Objects.Single(t => t.Key == o.Key).Body), $"seed {seed}, {o.Key}:\n{yaml}"));
            Assert.Equal(yaml, new EstateYaml(EstateBench.Secrets).Write(text.Objects));
        }
    }

    [Fact]
    public void An_export_passes_the_check_where_nobody_knows_its_secrets_with_a_warning_for_each()
    {
        var exported = new EstateYaml(EstateBench.Secrets).Write(EstateBench.Objects("""
            users: [{name: ana, contact: [{name: pager, type: webhook, url: "https://example.test/", secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}]}]
            policies: [{name: p, steps: [{notify: [user:ana]}]}]
            sources: [{name: eu, type: generic, key: a-literal-key-000001}, {name: us, type: generic, key: a-literal-key-000002}]
            """));
        var check = new EstateCheck(EstateBench.Providers, EstateBench.Clock);

        var report = check.Run(EstateFiles.Parse(exported, "e.yaml"), EstateBench.Resolver());
        var set = check.Run(EstateFiles.Parse(exported, "e.yaml"), EstateBench.Resolver(("TOCSIN_SOURCE_EU_KEY", "short")));
        var own = check.Run(EstateFiles.Parse(exported.Replace("TOCSIN_SOURCE_EU_KEY", "MY_KEY", StringComparison.Ordinal), "e.yaml"), EstateBench.Resolver());

        Assert.Empty(report.Faults);
        Assert.Equal(
            ["TOCSIN_SOURCE_EU_KEY", "TOCSIN_SOURCE_US_KEY", "TOCSIN_USER_ANA_PAGER_SECRET"],
            report.Warnings.Where(w => w.Text.Contains("is not set here", StringComparison.Ordinal)).Select(w => w.Text.Split(' ')[0]).Order(StringComparer.Ordinal));
        Assert.NotEmpty(set.Faults);
        Assert.Contains("MY_KEY is not set", Assert.Single(own.Faults).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_stored_is_read_back_the_same()
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var body = Object("one", "team", "t", new(seed)).Body;
            var json = EstateJson.Write(body);
            var back = EstateJson.Read(json, Mark.None);

            Assert.True(EstateNode.Same(body, back), $"seed {seed}: {json}");
            Assert.Equal(json, EstateJson.Write(back));
        }
    }

    [Fact]
    public void An_export_looks_as_a_person_would_write_it() =>
        Assert.Equal(
            """
            apiVersion: tocsin/v1
            workspace: acme

            users:
              - name: ana
                contact:
                  - name: mail
                    type: email
                    address: ana@example.test
                notify:
                  low: []

            teams:
              - name: payments
                members: [ana]

            policies:
              - name: payments
                repeat: 1
                steps:
                  - notify: [user:ana]
                    wait: "${env:STEP_WAIT:-5m}"

            route:
              name: root
              policy: payments
              routes:
                - name: information
                  match: ["severity=\"info\""]
                  policy: none

            """,
            new EstateYaml(EstateBench.Secrets).Write(EstateBench.Objects("""
                route: {name: root, policy: payments, routes: [{name: information, match: ['severity="info"'], policy: none}]}
                policies: [{name: payments, repeat: 1, steps: [{notify: [user:ana], wait: "${env:STEP_WAIT:-5m}"}]}]
                teams: [{name: payments, members: [ana]}]
                users: [{name: ana, contact: [{name: mail, type: email, address: ana@example.test}], notify: {low: []}}]
                """)));

    private static Comparer<EstateKey> Comparer => Comparer<EstateKey>.Create((a, b) =>
        string.CompareOrdinal($"{a.Workspace} {a.Kind} {a.Name}", $"{b.Workspace} {b.Kind} {b.Name}"));

    private static EstateObject Object(string workspace, string kind, string name, Random random)
    {
        var rest = (EstateMap)Map(random, 3);
        var body = new EstateMap([new("name", Mark.None, new EstateScalar(name, Mark.None)), .. rest.Entries.Where(e => e.Key != "name")], Mark.None);
        return new(workspace, kind, name, body, null, name);
    }

    private static EstateNode Node(Random random, int depth) => random.Next(depth == 0 ? 2 : 5) switch
    {
        0 => new EstateScalar(Text(random), Mark.None),
        1 => random.Next(3) switch
        {
            0 => new EstateScalar($"{random.Next(-5, 500)}", Mark.None, isLiteral: true),
            1 => new EstateScalar("true", Mark.None, isLiteral: true),
            _ => new EstateScalar(Text(random), Mark.None),
        },
        2 => new EstateList([.. Enumerable.Range(0, random.Next(4)).Select(_ => Node(random, depth - 1))], Mark.None),
        3 => new EstateList([.. Enumerable.Range(0, random.Next(12)).Select(_ => new EstateScalar(Text(random), Mark.None))], Mark.None),
        _ => Map(random, depth - 1),
    };

    private static EstateMap Map(Random random, int depth) => new(
        [.. Enumerable.Range(0, random.Next(5)).Select(_ => new EstateEntry(Text(random), Mark.None, Node(random, depth))).DistinctBy(e => e.Key)], Mark.None);

    private static string Text(Random random) => random.Next(4) switch
    {
        0 => Tricky[random.Next(Tricky.Length)],
        1 => Tricky[random.Next(Tricky.Length)] + Tricky[random.Next(Tricky.Length)],
        2 => new string([.. Enumerable.Range(0, random.Next(40)).Select(_ => (char)random.Next(0x20, 0x7f))]),
        _ => new string('x', random.Next(200)) + Tricky[random.Next(Tricky.Length)],
    };
}
