using System.Collections.Frozen;
using System.Globalization;

namespace Tocsin.Telemetry;

/// <summary>How bad the reliability assistant calls something; ordered.</summary>
public enum AnomalyGrade
{
    Low,
    Medium,
    High,
    Critical,
}

/// <summary>The newest figures of one service, and those before them.</summary>
public sealed record ServiceSnapshot(string Service)
{
    public FrozenDictionary<SnapshotField, double> Values { get; init; } = FrozenDictionary<SnapshotField, double>.Empty;

    /// <summary>What each figure was before, oldest first; at most 100 values count.</summary>
    public FrozenDictionary<SnapshotField, IReadOnlyList<double>> Before { get; init; } = FrozenDictionary<SnapshotField, IReadOnlyList<double>>.Empty;
}

/// <summary>One rule that holds.</summary>
/// <param name="Name">As the assistant names it: <c>cpu_high</c>.</param>
/// <param name="Affected">The metric that it is about, or <c>logs</c>.</param>
/// <param name="Hits">At least 1; of a pattern, how many lines.</param>
public sealed record AnomalySignal(string Name, AnomalyGrade Grade, string Text, string Affected, int Hits = 1);

/// <summary>What all rules together say.</summary>
/// <param name="Type">The name of the only kind of signal, <c>multiple</c>, or null when nothing was found.</param>
/// <param name="Confidence">0 when nothing was found; else 0.6 to 0.9, or 1 when it was forced.</param>
public sealed record AnomalyVerdict(bool Detected, string? Type, AnomalyGrade Grade, string? Description, IReadOnlyList<string> Affected, double Confidence)
{
    public static AnomalyVerdict Nothing { get; } = new(false, null, AnomalyGrade.Low, null, [], 0);

    public static AnomalyVerdict Forced { get; } = new(true, "forced_incident", AnomalyGrade.High, "An incident is forced for a drill; POST /anomaly/force-incident?enabled=false ends it", [], 1);
}

/// <summary>The rules of the reliability assistant. Pure; all comparisons are strict.</summary>
public static class AnomalyRules
{
    /// <summary>How far back lines count.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    /// <summary>Values that a mean is taken of; with fewer there is none.</summary>
    private const int MeanOf = 10;

    /// <summary>Values that a deviation is taken of, at most.</summary>
    public const int DeviationOf = 100;

    private const int ErrorBurst = 5;
    private const int BigErrorBurst = 20;
    private const int MostTexts = 5;

    private static readonly (SnapshotField Field, string Signal, string Says, (double Limit, AnomalyGrade Grade)[] Limits)[] _limits =
    [
        (SnapshotField.CpuPercent, "cpu_high", "CPU at {0:0.#} %, over {1:0.#} %", [(95, AnomalyGrade.Critical), (85, AnomalyGrade.High)]),
        (SnapshotField.MemoryPercent, "memory_high", "memory at {0:0.#} %, over {1:0.#} %", [(95, AnomalyGrade.Critical), (90, AnomalyGrade.High)]),
        (SnapshotField.LatencyMs, "latency_high", "latency of {0:0.#} ms, over {1:0.#} ms", [(5000, AnomalyGrade.High), (2000, AnomalyGrade.Medium)]),
        (SnapshotField.ErrorRate, "error_rate_high", "error rate of {0:0.###}, over {1:0.###}", [(0.2, AnomalyGrade.Critical), (0.05, AnomalyGrade.High)]),
    ];

    private static readonly (string Name, AnomalyGrade Grade, string[] Words)[] _patterns =
    [
        ("database_connection_failure", AnomalyGrade.High, ["connection refused", "database", "timeout", "connection pool"]),
        ("out_of_memory", AnomalyGrade.Critical, ["out of memory", "oom", "heap space", "memory allocation"]),
        ("disk_full", AnomalyGrade.Critical, ["disk full", "no space left", "disk quota exceeded"]),
        ("authentication_failure", AnomalyGrade.Medium, ["authentication failed", "unauthorized", "401", "invalid token"]),
        ("rate_limiting", AnomalyGrade.Medium, ["rate limit", "too many requests", "429", "throttled"]),
        ("service_unavailable", AnomalyGrade.High, ["service unavailable", "503", "upstream", "connection reset"]),
        ("ssl_certificate_issue", AnomalyGrade.High, ["ssl", "certificate", "handshake", "tls"]),
        ("null_pointer", AnomalyGrade.Medium, ["nullpointerexception", "null reference", "none type", "undefined"]),
        ("deadlock", AnomalyGrade.Critical, ["deadlock", "lock timeout", "waiting for lock"]),
        ("network_failure", AnomalyGrade.High, ["network unreachable", "dns", "socket", "econnrefused"]),
    ];

    /// <summary>The four limits of a snapshot, as 2.5 and the check of stability both know them.</summary>
    public static IEnumerable<AnomalySignal> Limits(ServiceSnapshot snapshot)
    {
        foreach (var (field, name, says, limits) in _limits)
        {
            if (snapshot.Values.TryGetValue(field, out var value) && Array.Find(limits, l => value > l.Limit) is { Limit: > 0 } passed)
            {
                yield return new(name, passed.Grade, Of(snapshot, string.Format(CultureInfo.InvariantCulture, says, value, passed.Limit)), field.Name());
            }
        }
    }

    /// <summary>The limit of a figure from which a snapshot is anomalous, and the one from which it is as bad as it can be; null: it has none.</summary>
    public static (double Limit, double Severe)? LimitOf(SnapshotField field) =>
        Array.Find(_limits, l => l.Field == field) is { Limits: { } limits } ? (limits[1].Limit, limits[0].Limit) : null;

    /// <summary>Whether a message holds one of a pattern's words as whole words, in any case.</summary>
    public static IEnumerable<string> PatternsOf(string message) => _patterns.Where(p => Array.Exists(p.Words, word => WholeWords.Contains(message, word))).Select(p => p.Name);

    /// <summary>Judges the newest figures of all services and the lines of the last 15 minutes.</summary>
    /// <param name="lines">Those of other times are not looked at.</param>
    public static AnomalyVerdict Decide(IReadOnlyList<ServiceSnapshot> snapshots, IReadOnlyList<LogLine> lines, bool forced, DateTimeOffset now)
    {
        if (forced)
        {
            return AnomalyVerdict.Forced;
        }

        List<AnomalySignal> signals = [];
        foreach (var snapshot in snapshots)
        {
            signals.AddRange(Limits(snapshot));
            signals.AddRange(Statistics(snapshot));
        }

        signals.AddRange(OfLines([.. lines.Where(l => l.At > now - Window && l.At <= now)]));
        if (signals.Count == 0)
        {
            return AnomalyVerdict.Nothing;
        }

        string[] names = [.. signals.Select(s => s.Name).Distinct(StringComparer.Ordinal)];
        return new(
            true, names is [var only] ? only : "multiple", signals.Max(s => s.Grade), string.Join("; ", signals.Take(MostTexts).Select(s => s.Text)),
            [.. signals.Select(s => s.Affected).Distinct(StringComparer.Ordinal)], Math.Min(0.9, Math.Round(0.5 + (0.1 * signals.Sum(s => (double)s.Hits)), 1)));
    }

    private static IEnumerable<AnomalySignal> Statistics(ServiceSnapshot snapshot)
    {
        if (Mean(snapshot, SnapshotField.LatencyMs) is { } latency)
        {
            var (value, mean) = latency;
            double[] known = [.. snapshot.Before[SnapshotField.LatencyMs].TakeLast(DeviationOf)];

            // Values that never differed would make a spike of any other.
            var deviation = Math.Max(Deviation(known), mean * 0.01);
            if (Math.Abs(value - mean) > 3 * deviation)
            {
                yield return new(
                    "latency_spike", AnomalyGrade.Medium, Of(snapshot, string.Create(CultureInfo.InvariantCulture, $"latency of {value:0.#} ms, after {mean:0.#} ms ± {deviation:0.#}")),
                    SnapshotField.LatencyMs.Name());
            }
        }

        if (Mean(snapshot, SnapshotField.Throughput) is { } throughput && throughput.Value < 0.7 * throughput.Mean)
        {
            yield return new(
                "throughput_drop", AnomalyGrade.High, Of(snapshot, string.Create(CultureInfo.InvariantCulture, $"throughput of {throughput.Value:0.#}, after {throughput.Mean:0.#}")),
                SnapshotField.Throughput.Name());
        }
    }

    private static (double Value, double Mean)? Mean(ServiceSnapshot snapshot, SnapshotField field) =>
        snapshot.Values.TryGetValue(field, out var value) && snapshot.Before.TryGetValue(field, out var before) && before.Count >= MeanOf
            ? (value, before.TakeLast(MeanOf).Average())
            : null;

    private static double Deviation(double[] values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / values.Length);
    }

    private static IEnumerable<AnomalySignal> OfLines(IReadOnlyList<LogLine> lines)
    {
        var criticals = lines.Count(l => l.Level == LineLevel.Critical);
        if (criticals > 0)
        {
            yield return new("critical_logs", AnomalyGrade.Critical, criticals == 1 ? "a critical line" : $"{criticals} critical lines", "logs");
        }

        var errors = lines.Count(l => l.Level >= LineLevel.Error);
        if (errors > ErrorBurst)
        {
            yield return new("error_burst", errors > BigErrorBurst ? AnomalyGrade.High : AnomalyGrade.Medium, $"{errors} errors within 15 minutes", "logs");
        }

        // A line that says "database opened" is none: only what warns or is worse.
        foreach (var (name, grade, words) in _patterns)
        {
            var hits = lines.Where(l => l.Level >= LineLevel.Warning && Array.Exists(words, word => WholeWords.Contains(l.Message, word))).ToList();
            if (hits.Count > 0)
            {
                yield return new(name, grade, $"{name.Replace('_', ' ')} in {(hits.Count == 1 ? "a line" : $"{hits.Count} lines")}: {Short(hits[^1].Message)}", "logs", hits.Count);
            }
        }
    }

    private static string Of(ServiceSnapshot snapshot, string text) => snapshot.Service.Length == 0 ? text : $"{snapshot.Service}: {text}";

    private static string Short(string message)
    {
        var line = message.AsSpan();
        line = line[..(line.IndexOfAny('\r', '\n') is var end and >= 0 ? end : line.Length)];
        return line.Length <= 100 ? line.ToString() : $"{line[..(char.IsHighSurrogate(line[98]) ? 98 : 99)]}…";
    }
}

/// <summary>Finds words that stand alone: <c>oom</c> in "killed by oom-killer", not in "room".</summary>
public static class WholeWords
{
    /// <param name="words">One word, or several with single blanks.</param>
    public static bool Contains(ReadOnlySpan<char> text, ReadOnlySpan<char> words)
    {
        for (var from = 0; from <= text.Length - words.Length;)
        {
            var at = text[from..].IndexOf(words, StringComparison.OrdinalIgnoreCase);
            if (at < 0)
            {
                return false;
            }

            at += from;
            var end = at + words.Length;
            if ((at == 0 || !IsPartOfWord(text[at - 1])) && (end == text.Length || !IsPartOfWord(text[end])))
            {
                return true;
            }

            from = at + 1;
        }

        return false;
    }

    private static bool IsPartOfWord(char c) => char.IsLetterOrDigit(c) || c == '_';
}
