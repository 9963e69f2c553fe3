using System.Diagnostics.CodeAnalysis;

namespace Tocsin.OnCall;

/// <summary>One line of a calendar file, unfolded: <c>NAME;PARAMETER=value:value</c>. Names are in capitals.</summary>
internal sealed record IcalLine(string Name, IReadOnlyDictionary<string, string> Parameters, string Value)
{
    public string? Parameter(string name) => Parameters.GetValueOrDefault(name);

    /// <summary>The value as the text that was meant: without its escapes.</summary>
    public string Text
    {
        get
        {
            if (!Value.Contains('\\', StringComparison.Ordinal))
            {
                return Value;
            }

            var text = new System.Text.StringBuilder(Value.Length);
            for (var i = 0; i < Value.Length; i++)
            {
                text.Append(Value[i] == '\\' && i + 1 < Value.Length ? Value[++i] is 'n' or 'N' ? '\n' : Value[i] : Value[i]);
            }

            return text.ToString();
        }
    }
}

/// <summary>What stands between BEGIN and END.</summary>
internal sealed class IcalComponent(string name)
{
    public string Name => name;

    public List<IcalLine> Lines { get; } = [];

    public List<IcalComponent> Parts { get; } = [];

    public IcalLine? Line(string wanted) => Lines.Find(line => line.Name == wanted);

    public IEnumerable<IcalLine> All(string wanted) => Lines.Where(line => line.Name == wanted);
}

/// <summary>Reads the syntax of a calendar file; what its lines mean is not looked at.</summary>
internal static class IcalText
{
    /// <summary>Deeper than any calendar program nests.</summary>
    private const int MostDepth = 8;

    /// <summary>All calendars of the text; ends that lack are added. An error for a text that is no calendar.</summary>
    public static Result<IReadOnlyList<IcalComponent>> Read(string text)
    {
        List<IcalComponent> calendars = [];
        Stack<IcalComponent> open = new();
        foreach (var written in Unfold(text))
        {
            if (!TryRead(written, out var line))
            {
                continue;
            }

            if (line.Name == "BEGIN")
            {
                if (open.Count == MostDepth)
                {
                    return Error.Invalid("calendar", "The calendar nests deeper than any calendar program writes.");
                }

                var part = new IcalComponent(line.Value.Trim().ToUpperInvariant());
                if (open.TryPeek(out var parent))
                {
                    parent.Parts.Add(part);
                }
                else if (part.Name == "VCALENDAR")
                {
                    calendars.Add(part);
                }
                else
                {
                    return NoCalendar();
                }

                open.Push(part);
            }
            else if (line.Name == "END")
            {
                open.TryPop(out _);
            }
            else if (open.TryPeek(out var part))
            {
                part.Lines.Add(line);
            }
            else
            {
                return NoCalendar();
            }
        }

        return calendars.Count > 0 ? calendars : NoCalendar();
    }

    private static Error NoCalendar() => Error.Invalid("calendar", "This is no calendar: the text does not begin with BEGIN:VCALENDAR.");

    /// <summary>Lines as they were before they were folded: one that begins with a blank goes on with the one before.</summary>
    private static IEnumerable<string> Unfold(string text)
    {
        System.Text.StringBuilder? folded = null;
        string? last = null;
        foreach (var range in text.AsSpan().TrimStart('\uFEFF').ToString().Split('\n'))
        {
            var line = range.EndsWith('\r') ? range[..^1] : range;
            if (last is not null && line.Length > 0 && line[0] is ' ' or '\t')
            {
                folded ??= new(last);
                folded.Append(line, 1, line.Length - 1);
                continue;
            }

            if (last is { Length: > 0 })
            {
                yield return folded?.ToString() ?? last;
            }

            (last, folded) = (line, null);
        }

        if (last is { Length: > 0 })
        {
            yield return folded?.ToString() ?? last;
        }
    }

    private static bool TryRead(string written, [NotNullWhen(true)] out IcalLine? line)
    {
        line = null;
        var at = written.AsSpan().IndexOfAny(';', ':');
        if (at <= 0)
        {
            return false;
        }

        var name = written[..at].Trim().ToUpperInvariant();
        Dictionary<string, string> parameters = [];
        while (written[at] == ';')
        {
            var equals = written.IndexOf('=', at + 1);
            if (equals < 0)
            {
                return false;
            }

            var (end, value) = ParameterValue(written, equals + 1);
            if (end >= written.Length)
            {
                return false;
            }

            parameters[written[(at + 1)..equals].Trim().ToUpperInvariant()] = value;
            at = end;
        }

        line = new(name, parameters, written[(at + 1)..]);
        return true;
    }

    /// <summary>A quoted value may hold what else would end it.</summary>
    private static (int End, string Value) ParameterValue(string written, int start)
    {
        var value = new System.Text.StringBuilder();
        var quoted = false;
        var at = start;
        for (; at < written.Length && (quoted || written[at] is not (';' or ':')); at++)
        {
            if (written[at] == '"')
            {
                quoted = !quoted;
            }
            else
            {
                value.Append(written[at]);
            }
        }

        return (at, value.ToString());
    }
}
