using Tocsin.Streams;

namespace Tocsin.Audit;

/// <summary>Which lines of the log go into the audit: what people, keys, AI and automation did, and every change of the configuration and of keys, whoever made it.</summary>
internal static class AuditedLines
{
    private static readonly string[] _actors = ["user:", "key:", "ai:", "automation:", "operator"];

    private static readonly string[] _always = ["estate.", "key."];

    /// <summary>What comes in by the thousand, and is in the log itself.</summary>
    private static readonly string[] _never = [PublishedAlert.Kind, "alert."];

    /// <summary>Their text is what somebody typed or pasted; the incident has it.</summary>
    private static readonly string[] _typed = ["incident.note_added", "incident.resolution_added"];

    private static readonly (string Ending, string Result)[] _results = [(".refused", AuditResult.Refused), ("_failed", AuditResult.Failed)];

    /// <returns>Null: the line stays in the log alone.</returns>
    public static AuditEntry? EntryOf(LogLine line) => Wants(line)
        ? new(line.Actor, line.Kind, line.Subject, Array.IndexOf(_typed, line.Kind) >= 0 ? "a note was added" : line.Reason) { Data = line.Data, Result = ResultOf(line.Kind) }
        : null;

    private static bool Wants(LogLine line) => (Begins(line.Actor, _actors) && !Begins(line.Kind, _never)) || Begins(line.Kind, _always);

    private static string ResultOf(string kind)
    {
        foreach (var (ending, result) in _results)
        {
            if (kind.EndsWith(ending, StringComparison.Ordinal))
            {
                return result;
            }
        }

        return AuditResult.Ok;
    }

    private static bool Begins(string text, string[] with)
    {
        foreach (var beginning in with)
        {
            if (text.StartsWith(beginning, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
