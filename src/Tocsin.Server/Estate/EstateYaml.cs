using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Tocsin.Estate;

/// <summary>Writes objects as the YAML that <see cref="EstateFiles"/> reads back to the same objects.</summary>
internal sealed partial class EstateYaml(EstateSecrets secrets)
{
    private const int MaxLine = 120;

    /// <summary>
    /// Writes one document for each workspace, objects in the order of kinds and names. References stay references; a secret that is stored
    /// as such is written as the reference that stands for it, and listed at the top.
    /// </summary>
    public string Write(IEnumerable<EstateObject> objects)
    {
        var withheld = new SortedSet<string>(StringComparer.Ordinal);
        var safe = objects.Select(o => secrets.Withhold(o, withheld)).GroupBy(o => o.Workspace).OrderBy(g => g.Key, StringComparer.Ordinal).ToArray();
        var text = new StringBuilder();
        if (withheld.Count > 0)
        {
            text.Append("# Secrets are not exported. Set these variables for the server that this is applied to; where one is not set,\n")
                .Append("# the installation that this comes from keeps the secret that it has.\n");
            foreach (var variable in withheld)
            {
                text.Append("#   ").Append(variable).Append('\n');
            }
        }

        foreach (var workspace in safe)
        {
            if (text.Length > 0 && workspace != safe[0])
            {
                text.Append("---\n");
            }

            text.Append("apiVersion: ").Append(EstateTable.ApiVersion).Append("\nworkspace: ");
            WriteScalar(text, workspace.Key, literal: false);
            text.Append('\n');
            foreach (var kind in EstateTable.Kinds)
            {
                EstateNode[] bodies = [.. workspace.Where(o => o.Kind == kind.Id).OrderBy(o => o.Name, StringComparer.Ordinal).Select(o => o.Body)];
                if (bodies.Length > 0)
                {
                    text.Append('\n');
                    WriteEntry(text, kind.Section, new EstateList(bodies, Mark.None), indent: 0);
                }
            }

            foreach (var route in workspace.Where(o => o.Kind == EstateTable.RootRoute.Id))
            {
                text.Append('\n');
                WriteEntry(text, EstateTable.RootRoute.Section, route.Body, indent: 0);
            }
        }

        return text.ToString();
    }

    private static void WriteEntry(StringBuilder text, string key, EstateNode value, int indent)
    {
        WriteScalar(text, key, literal: false);
        text.Append(':');
        if (InLine(value) is { } inLine && (inLine.Length + indent + key.Length < MaxLine || value is not EstateList { Items.Count: > 0 }))
        {
            text.Append(' ').Append(inLine).Append('\n');
            return;
        }

        text.Append('\n');
        WriteBlock(text, value, indent + 2);
    }

    private static void WriteBlock(StringBuilder text, EstateNode value, int indent)
    {
        if (value is EstateMap map)
        {
            foreach (var entry in map.Entries)
            {
                text.Append(' ', indent);
                WriteEntry(text, entry.Key, entry.Value, indent);
            }
        }
        else if (value is EstateList list)
        {
            foreach (var item in list.Items)
            {
                WriteItem(text, item, indent);
            }
        }
        else
        {
            text.Append(' ', indent).Append(InLine(value)).Append('\n');
        }
    }

    private static void WriteItem(StringBuilder text, EstateNode item, int indent)
    {
        text.Append(' ', indent).Append("- ");
        if (item is EstateScalar || InLine(item) is { Length: 2 })
        {
            text.Append(InLine(item)).Append('\n');
            return;
        }

        // The dash takes the place of the first line's indent.
        var block = new StringBuilder();
        WriteBlock(block, item, indent + 2);
        text.Append(block, indent + 2, block.Length - indent - 2);
    }

    /// <summary>The value on the line of its key: scalars, lists of scalars and what is empty; null for the rest.</summary>
    private static string? InLine(EstateNode value)
    {
        var text = new StringBuilder();
        switch (value)
        {
            case EstateScalar scalar:
                WriteScalar(text, scalar.Written, scalar.IsLiteral);
                break;
            case EstateMap { Entries.Count: 0 }:
                text.Append("{}");
                break;
            case EstateList list when list.Items.All(item => item is EstateScalar):
                text.Append('[').AppendJoin(", ", list.Items.Select(InLine)).Append(']');
                break;
            default:
                return null;
        }

        return text.ToString();
    }

    private static void WriteScalar(StringBuilder into, string text, bool literal)
    {
        if (literal || (Bare().IsMatch(text) && !Spoken().IsMatch(text)))
        {
            into.Append(text);
            return;
        }

        into.Append('"');
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsSurrogatePair(text, i))
            {
                into.Append(text, i++, 2);
                continue;
            }

            _ = c switch
            {
                '"' => into.Append("\\\""),
                '\\' => into.Append(@"\\"),
                '\n' => into.Append(@"\n"),
                '\r' => into.Append(@"\r"),
                '\t' => into.Append(@"\t"),
                < ' ' or (>= '\u007F' and <= '\u00A0') or '\u2028' or '\u2029' or '\uFEFF' or > '\uFFFD' => into.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                _ => into.Append(c),
            };
        }

        into.Append('"');
    }

    /// <summary>What every reader of YAML takes for a text without quotes, wherever it stands; or a duration.</summary>
    [GeneratedRegex(@"^([A-Za-z_]([A-Za-z0-9_./:@+-]*[A-Za-z0-9_./@+-])?|([0-9]+[smhdw])+)\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Bare();

    /// <summary>Words that some readers take for something else than a text.</summary>
    [GeneratedRegex(@"^(true|false|null|yes|no|on|off|y|n)\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex Spoken();
}
