using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Tocsin.Hosting;

/// <summary>
/// The log of the process, one event a line: <c>2026-01-05T02:58:00.000Z warn: Tocsin.Jobs.JobRunner[2101] what happened</c>. What would begin another line, move a terminal's cursor or
/// turn the order of reading is written as <c>\n</c> or <c>\u001b</c>, so that nothing that is logged can pass for a line of ours.
/// </summary>
/// <param name="clock">Its wall clock, by which other logs go too.</param>
internal sealed class LineFormatter(SteadyClock clock) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "line";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var line = new StringBuilder(200);
        line.Append(clock.WallNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
        line.Append(' ').Append(WordOf(logEntry.LogLevel)).Append(": ").Append(logEntry.Category).Append('[').Append(logEntry.EventId.Id).Append("] ");
        Append(line, logEntry.Formatter(logEntry.State, logEntry.Exception));
        if (logEntry.Exception is { } exception)
        {
            Append(line.Append(' '), exception.ToString());
        }

        textWriter.WriteLine(line);
    }

    private static void Append(StringBuilder line, string text)
    {
        Span<char> plain = stackalloc char[2];
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '\n':
                    line.Append("\\n");
                    break;
                case '\r':
                    line.Append("\\r");
                    break;
                case '\t':
                    line.Append("\\t");
                    break;
                case var code when Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator:
                    line.Append(CultureInfo.InvariantCulture, $"\\u{code:x4}");
                    break;
                default:
                    line.Append(plain[..rune.EncodeToUtf16(plain)]);
                    break;
            }
        }
    }

    private static string WordOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce",
        LogLevel.Debug => "dbug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        _ => "crit",
    };
}
