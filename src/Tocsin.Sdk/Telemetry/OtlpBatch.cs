namespace Tocsin.Sdk.Telemetry;

/// <summary>One entry that waits: a log record, or a metric with its points.</summary>
/// <param name="Scope">The logger's or meter's name.</param>
/// <param name="Message">As OTLP has it.</param>
internal readonly record struct OtlpEntry(string Scope, byte[] Message);

/// <summary>Makes requests of entries. Logs and metrics have the same numbers for the same things.</summary>
internal static class OtlpBatch
{
    /// <param name="resource">What is true of all entries, as <see cref="Resource"/> made it.</param>
    public static ReadOnlySpan<byte> Write(ProtoWriter to, byte[] resource, IReadOnlyList<OtlpEntry> entries)
    {
        to.Clear();
        var all = to.Begin(1);
        to.Bytes(1, resource);
        foreach (var scope in entries.GroupBy(entry => entry.Scope, StringComparer.Ordinal))
        {
            var group = to.Begin(2);
            var named = to.Begin(1);
            to.Text(1, scope.Key);
            to.End(named);
            foreach (var entry in scope)
            {
                to.Bytes(2, entry.Message);
            }

            to.End(group);
        }

        to.End(all);
        return to.Written;
    }

    public static byte[] Resource(IEnumerable<KeyValuePair<string, string>> attributes)
    {
        var to = new ProtoWriter();
        foreach (var (name, value) in attributes)
        {
            OtlpValues.Pair(to, 1, name, value);
        }

        return to.Written.ToArray();
    }
}
