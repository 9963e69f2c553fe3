using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using static Tocsin.Tests.Providers.PipelineBench;
using static Tocsin.Tests.Providers.PipelineReaderTests;

namespace Tocsin.Tests.Providers;

/// <summary>What holds for whatever somebody sends. The seeds are fixed: a run that fails once fails always.</summary>
public sealed class PipelinePropertyTests
{
    private static readonly string[] _sources = ["auto", "cloudwatch", "grafana", "normalized", "alert-pipeline", "sns", "sqs", "generic"];

    private static readonly string[] _names =
    [
        "AlarmName", "NewStateValue", "NewStateReason", "AlarmDescription", "StateChangeTime", "AlarmArn", "AWSAccountId", "Region", "alerts", "status", "labels", "annotations", "groupLabels", "commonLabels",
        "startsAt", "endsAt", "valueString", "title", "teams", "team", "priority", "schema_version", "identity", "links", "runbook_url", "source", "state", "occurred_at", "raw_provider", "Type", "Message", "orgId", "x",
    ];

    private static readonly string[] _words =
    [
        "", "P1", "p3", "7", "TEAM=a|PRIORITY=P1", "TEAM=a\nPRIORITY=0\nRUNBOOK=https://a.example/x", "firing", "resolved", "ALARM", "OK", "INSUFFICIENT_DATA", "Notification", "FIRING", "2026-01-05T09:00:00Z",
        "0001-01-01T00:00:00Z", "tomorrow", "https://a.example/", "javascript:x", "\uD800", "\0\u202E", "{\"AlarmName\":\"a\",\"NewStateValue\":\"OK\"}", "[ var='B' labels={a=b} value=1 ]", "grafana",
    ];

    [Fact]
    public void Whatever_JSON_says_there_is_an_answer_and_what_leaves_is_always_valid() => Prop.ForAll(Trees(4).ToArbitrary(), Gen.Elements(_sources).ToArbitrary(), Gen.Elements(true, false).ToArbitrary(), (tree, source, strict) =>
    {
        var parsed = Parse(tree?.ToJsonString() ?? "null", strict, source);

        Assert.True(parsed.Accepted || parsed.Errors!.Count > 0);
        Assert.All(parsed.Events ?? [], e => Assert.True(Parse(CanonicalJson(e), source: "normalized").Accepted, tree?.ToJsonString()));
        Assert.Equal(parsed.Events?.Count, parsed.Fingerprints?.Count);
    }).Check(Cases(3000));

    [Fact]
    public void Whatever_bytes_there_are_there_is_an_answer() => Prop.ForAll(
        Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf().ToArbitrary(), Gen.Elements(_sources).ToArbitrary(), (bytes, source) =>
        {
            Parse(bytes, strict: true, source);
            Parse([.. "{\"alerts\":["u8, .. bytes], strict: false, source);
        }).Check(Cases(1500));

    [Fact]
    public void The_order_of_members_at_every_depth_does_not_matter() => Prop.ForAll(
        Gen.Elements<Func<JsonNode>>(() => Alarm("TEAM=a|PRIORITY=P1"), () => Sns(Alarm("TEAM=a,b|PRIORITY=P0")), () => Webhook(GrafanaAlert()), () => Event()).ToArbitrary(), Gen.Choose(0, int.MaxValue - 1).ToArbitrary(),
        (payload, seed) =>
        {
            var sent = payload();
            var shuffled = Shuffled(sent, new Random(seed));

            var (expected, parsed) = (Parse(sent.ToJsonString()), Parse(shuffled!.ToJsonString()));
            Assert.True(expected.Accepted);
            Assert.Equal(expected.Fingerprints, parsed.Fingerprints);
            Assert.Equal(expected.FingerprintInputs, parsed.FingerprintInputs);
            Assert.Equal(expected.Events!.Select(CanonicalJson), parsed.Events!.Select(CanonicalJson));
        }).Check(Cases(400));

    private static JsonNode? Shuffled(JsonNode? node, Random random)
    {
        switch (node)
        {
            case JsonObject members:
                var names = members.Select(m => m.Key).ToArray();
                random.Shuffle(names);
                return new JsonObject(names.Select(name => KeyValuePair.Create(name, Shuffled(members[name], random))));
            case JsonArray items:
                return new JsonArray([.. items.Select(item => Shuffled(item, random))]);
            default:
                return node?.DeepClone();
        }
    }

    /// <summary>JSON of all shapes, with the names and words that the readers look for.</summary>
    private static Gen<JsonNode?> Trees(int depth)
    {
        var leaves = Gen.OneOf(
            Gen.Elements(_words).Select(word => (JsonNode?)JsonValue.Create(word)),
            Gen.Elements(-1.0, 0, 1, 2, 1e300, 0.5).Select(number => (JsonNode?)JsonValue.Create(number)),
            Gen.Elements(true, false).Select(yes => (JsonNode?)JsonValue.Create(yes)),
            Gen.Constant((JsonNode?)null));
        if (depth == 0)
        {
            return leaves;
        }

        var below = Trees(depth - 1);
        var members = from name in Gen.Elements(_names) from value in below select (name, value);
        return Gen.Frequency(
            (2, leaves),
            (1, below.ArrayOf(3).Select(items => (JsonNode?)new JsonArray([.. items.Select(item => item?.DeepClone())]))),
            (5, Gen.Choose(0, 9).SelectMany(count => members.ArrayOf(count)).Select(pairs => (JsonNode?)Made(pairs))));
    }

    private static JsonObject Made(IEnumerable<(string Name, JsonNode? Value)> members)
    {
        JsonObject made = [];
        foreach (var (name, value) in members)
        {
            made[name] = value?.DeepClone();
        }

        return made;
    }

    private static Config Cases(int count) => Config.QuickThrowOnFailure
        .WithMaxTest(count)
        .WithReplay(FSharpOption<Replay>.Some(new(new Rnd(20260329, 4711), FSharpOption<int>.None)));
}
