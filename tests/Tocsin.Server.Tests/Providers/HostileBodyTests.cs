using System.Diagnostics;
using System.Text;
using Tocsin.Alerts;
using Tocsin.Providers;

namespace Tocsin.Tests.Providers;

/// <summary>Whatever bytes arrive: no exception, and what is read keeps the promises of a canonical event.</summary>
public sealed class HostileBodyTests
{
    private static readonly IAlertSource[] Providers = [new Alertmanager(), new Grafana(), new Generic(), new Datadog(), new CloudWatch(), new PagerDuty()];

    private static readonly byte[][] Splinters =
    [
        .. new[]
        {
            "null", "true", "1e999999", "-0", "{}", "[]", "\"\"", "\"\\u0000\"", "\"\\ud83d\"", "\"\\ude00\\ud83d\"", "\"0001-01-01T00:00:00Z\"",
            "\"9999-12-31T23:59:59-23:59\"", "99999999999999999999", ",", ":", "{", "}", "[", "]", "\"", "\\", "\"labels\":{},", "\"alerts\":[[]],",
            "\"status\":[],", "\"id\":\"\",", "\"\\u0000\":1,", "{\"alerts\":[{}]}", "\"a\":{\"b\":{\"c\":[{\"d\":1}]}},", "\uFEFF", "\u2028", "😀",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0],
    ];

    public static TheoryData<string> Files => [.. Delivery.Files];

    [Theory]
    [MemberData(nameof(Files))]
    public void Mutated_bodies_never_throw(string file)
    {
        var random = new Random(20265);
        var original = Delivery.Body(file);
        for (var round = 0; round < 1500; round++)
        {
            var body = original.ToList();
            for (var changes = random.Next(1, 5); changes > 0; changes--)
            {
                Mutate(body, random);
            }

            ParseAll([.. body], $"{file}, round {round}");
        }
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        var random = new Random(20266);
        for (var round = 0; round < 5000; round++)
        {
            var body = new byte[random.Next(0, 200)];
            random.NextBytes(body);
            ParseAll(body, $"round {round}");
        }
    }

    [Fact]
    public void Random_JSON_never_throws()
    {
        var random = new Random(20267);
        for (var round = 0; round < 5000; round++)
        {
            var text = new StringBuilder();
            Write(text, random, 0);
            ParseAll(Encoding.UTF8.GetBytes(text.ToString()), $"round {round}: {text}");
        }
    }

    [Theory]
    [InlineData(65)]
    [InlineData(200_000)]
    public void A_body_that_is_nested_too_deep_is_refused(int depth)
    {
        foreach (var provider in Providers)
        {
            foreach (var body in new[]
            {
                new string('[', depth) + new string(']', depth),
                string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth),
                "{\"title\":\"t\",\"alerts\":[{\"labels\":{\"a\":\"b\"},\"x\":" + new string('[', depth) + new string(']', depth) + "}]}",
            })
            {
                var result = provider.Parse(Delivery.Of(body));
                Assert.False(result.Ok);
                Assert.Contains("64 levels", result.Error.Detail, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData(60)]
    public void A_body_as_deep_as_allowed_is_read(int depth) => Assert.All(Providers, provider => Assert.True(provider.Parse(Delivery.Of(
        "{\"title\":\"t\",\"event_action\":\"trigger\",\"dedup_key\":\"d\",\"payload\":{\"summary\":\"s\",\"source\":\"h\",\"severity\":\"error\"},"
        + "\"alerts\":[{\"title\":\"t\",\"labels\":{\"a\":\"b\"},\"x\":" + string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth) + "}]}")).Ok));

    [Fact]
    public void A_megabyte_of_members_takes_no_more_time_for_each_than_a_few_do()
    {
        ReadBodiesOf(1);
        var (few, many) = (Time(8), Time(64));

        // Eight times, where the work grows with the members; 64 times, where it grows with their square. A machine that does much else slows now the
        // ones and now the others, so what looks bad is looked at again.
        for (var round = 0; round < 20 && many >= few * 30; round++)
        {
            few = TimeSpan.FromTicks(Math.Min(few.Ticks, Time(8).Ticks));
            many = TimeSpan.FromTicks(Math.Min(many.Ticks, Time(64).Ticks));
        }

        Assert.True(many < few * 30, $"Reading bodies of a megabyte took {many}, of an eighth of it {few}.");
    }

    private static TimeSpan Time(int size)
    {
        var clock = Stopwatch.StartNew();
        ReadBodiesOf(size);
        return clock.Elapsed;
    }

    /// <param name="size">In parts of a megabyte, of which there are 64.</param>
    private static void ReadBodiesOf(int size)
    {
        string Many(int most, Func<int, string> member) => string.Join(',', Enumerable.Range(0, most * size / 64).Select(member));
        var many = Many(60_000, i => $"\"m{i}\":\"v\"");
        foreach (var body in new[]
        {
            $"{{\"title\":\"t\",{many}}}",
            $"{{\"title\":\"t\",\"labels\":{{\"a\":\"b\",{many}}}}}",
            $"{{{Many(80_000, _ => "\"title\":\"v\"")}}}",
            $"{{\"title\":\"t\",\"tags\":[{Many(150_000, _ => "\"a:b\"")}]}}",
            $"[{{\"labels\":{{{many}}},\"annotations\":{{{many}}}}}]",
            $"{{\"alerts\":[{{\"fingerprint\":\"f\",\"labels\":{{\"a\":\"b\"}},\"values\":{{{many}}}}}]}}",
            $"[{Many(500_000, _ => "1")}]",
            $"{{\"title\":\"t\",\"links\":[{Many(40_000, i => $"\"https://x.example/{i}\"")}]}}",
            $"[{Many(25_000, _ => "{\"title\":\"t\",\"labels\":{\"a\":\"b\"}}")}]",
        })
        {
            ParseAll(Encoding.UTF8.GetBytes(body), body[..20]);
        }
    }

    private static void ParseAll(byte[] body, string what)
    {
        foreach (var provider in Providers)
        {
            Result<ParsedDelivery> result;
            try
            {
                result = provider.Parse(Delivery.Of(body));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{provider.Info.Id} threw for {what}: {Convert.ToBase64String(body.AsSpan(0, Math.Min(body.Length, 3000)))}", e);
            }

            if (result.Ok)
            {
                Assert.All(result.Value.Signals, AssertCanonical);
                Assert.True(result.Value.Rejected.Count <= 1001);
                Assert.All(result.Value.Rejected, r => Assert.True(r.Path.Length > 0 && r.Reason.Length > 0));
            }
            else
            {
                Assert.NotEmpty(result.Error.Detail);
            }
        }
    }

    private static void AssertCanonical(Signal signal)
    {
        Assert.InRange(signal.DedupKey.Length, 1, 255);
        Assert.InRange(signal.Title.Length, 1, 250);
        Assert.DoesNotContain('\n', signal.Title);
        Assert.True(Encoding.UTF8.GetByteCount(signal.Description ?? "") <= 16 * 1024);
        Assert.True(signal.Labels.Count <= 64 && signal.Annotations.Count <= 64 && signal.Links.Count <= 32 && signal.Images.Count <= 16);
        Assert.True(signal.Warnings.Count <= 16 && signal.Warnings.All(w => w.Length < 1000));
        Assert.True((signal.Service?.Length ?? 0) <= 2048 && (signal.SenderFingerprint?.Length ?? 0) <= 2048);
        Assert.All(signal.Links, link => Assert.StartsWith("http", link.Href, StringComparison.OrdinalIgnoreCase));
        Assert.All(signal.Images, image => Assert.StartsWith("https://", image.Src, StringComparison.OrdinalIgnoreCase));
        Assert.True(signal.EndedAt is null || signal.Status == SignalStatus.Resolved);
        Assert.True(signal.ExpiresAt is null || signal.ExpiresAt > Delivery.ReceivedAt);
        Assert.All(
            new[] { signal.StartedAt, signal.EndedAt, signal.ExpiresAt },
            at => Assert.True(at is null || (at.Value.Offset == TimeSpan.Zero && at.Value.Year >= 2000)));
        Assert.All(
            [
                signal.DedupKey, signal.Title, signal.Description ?? "", signal.Service ?? "", signal.Environment ?? "", signal.Value ?? "",
                signal.Threshold ?? "", signal.SenderFingerprint ?? "",
                .. signal.Labels.Select(p => p.Key + p.Value), .. signal.Annotations.Select(p => p.Key + p.Value),
                .. signal.Links.Select(l => l.Text + l.Href), .. signal.Images.Select(i => i.Src + i.Alt + i.Href), .. signal.Warnings,
            ],
            text => Assert.True(IsWhole(text), $"Not storable: {text}"));
    }

    private static bool IsWhole(string text) =>
        !text.Contains('\0') && Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) == text;

    private static void Mutate(List<byte> body, Random random)
    {
        var at = random.Next(body.Count);
        switch (random.Next(6))
        {
            case 0:
                body[at] = (byte)random.Next(256);
                break;
            case 1:
                body.RemoveRange(at, Math.Min(random.Next(1, 30), body.Count - at));
                body.Add((byte)' ');
                break;
            case 2:
                body.InsertRange(at, Splinters[random.Next(Splinters.Length)]);
                break;
            case 3:
                var from = random.Next(body.Count);
                body.InsertRange(at, body.GetRange(from, Math.Min(random.Next(1, 200), body.Count - from)));
                break;
            default:
                // A whole value goes and another comes, so that the body more often stays JSON.
                var start = body.IndexOf((byte)':', at);
                var end = start < 0 ? -1 : body.FindIndex(start, b => b is (byte)',' or (byte)'}' or (byte)']');
                if (end > start)
                {
                    body.RemoveRange(start + 1, end - start - 1);
                    body.InsertRange(start + 1, Splinters[random.Next(13)]);
                }

                break;
        }
    }

    private static void Write(StringBuilder text, Random random, int depth)
    {
        string[] names =
        [
            "alerts", "labels", "annotations", "status", "state", "event", "title", "name", "id", "tags", "links", "images", "identity", "data", "alert",
            "startsAt", "endsAt", "timestamp", "severity", "priority", "values", "fingerprint", "url", "runbook_url", "teams", "x", "", "\\ud800",
            "commonLabels", "externalURL", "truncatedAlerts", "schema_version", "occurred_at", "source", "resolved", "message", "generatorURL",
        ];
        switch (depth == 0 ? random.Next(2) : random.Next(depth > 5 ? 2 : 0, 9))
        {
            case 0:
                text.Append('[');
                for (var i = random.Next(4); i > 0; i--)
                {
                    Write(text, random, depth + 1);
                    text.Append(i > 1 ? "," : "");
                }

                text.Append(']');
                break;
            case 1:
                text.Append('{');
                for (var i = random.Next(8); i > 0; i--)
                {
                    text.Append('"').Append(names[random.Next(names.Length)]).Append("\":");
                    Write(text, random, depth + 1);
                    text.Append(i > 1 ? "," : "");
                }

                text.Append('}');
                break;
            default:
                text.Append(Encoding.UTF8.GetString(Splinters[random.Next(13)]));
                break;
            case >= 6:
                string[] texts =
                [
                    "firing", "resolved", "critical", "ok", "P1", "a:b", "http://x.example/y", "javascript:1", "2026-03-01T11:00:00Z", "1772366100", "\\n",
                    "\\ud800", " ", "\\\\\\\"", "\\u0041\\t",
                ];
                text.Append('"').Append(texts[random.Next(texts.Length)]).Append('"');
                break;
        }
    }
}
