using System.Collections;
using System.Globalization;

namespace Tocsin.Sdk.Telemetry;

/// <summary>OTLP's names with their values, of any type that a program has.</summary>
internal static class OtlpValues
{
    /// <summary>Characters of one text.</summary>
    public const int LongestText = 32 * 1024;

    private const int MostElements = 128;
    private const int MostNesting = 4;

    /// <summary>Writes one name with its value.</summary>
    /// <param name="field">Where the message around it has its attributes.</param>
    public static void Pair(ProtoWriter to, int field, string name, object? value)
    {
        var pair = to.Begin(field);
        to.Text(1, Cut(name));
        var wrapped = to.Begin(2);
        Value(to, value, 0);
        to.End(wrapped);
        to.End(pair);
    }

    /// <summary>The text of any value; also of one whose own fails, since a log line must not end a program.</summary>
    public static string TextOf(object? value)
    {
        try
        {
            return (value is IFormattable formattable ? formattable.ToString(null, CultureInfo.InvariantCulture) : value?.ToString()) ?? "";
        }
        catch (Exception e) // a stranger's ToString may throw anything
        {
            return $"<{value?.GetType().Name} without a text: {e.GetType().Name}>";
        }
    }

    public static ReadOnlySpan<char> Cut(string text) => text.Length <= LongestText ? text : text.AsSpan(0, LongestText);

    private static void Value(ProtoWriter to, object? value, int depth)
    {
        switch (value)
        {
            case null:
                break;
            case string text:
                to.Text(1, Cut(text));
                break;
            case bool truth:
                to.Varint(2, truth ? 1UL : 0);
                break;
            case int or long or short or byte or sbyte or ushort or uint:
                to.Varint(3, unchecked((ulong)Convert.ToInt64(value, CultureInfo.InvariantCulture)));
                break;
            case double or float:
                to.Double(4, Convert.ToDouble(value, CultureInfo.InvariantCulture));
                break;
            case DateTime at:
                to.Text(1, at.ToString("O", CultureInfo.InvariantCulture));
                break;
            case DateTimeOffset at:
                to.Text(1, at.ToString("O", CultureInfo.InvariantCulture));
                break;
            case byte[] bytes:
                to.Bytes(7, bytes.AsSpan(0, Math.Min(bytes.Length, LongestText)));
                break;
            case IDictionary or IEnumerable when depth == MostNesting:
                to.Text(1, "…");
                break;
            case IDictionary map:
                Map(to, map, depth);
                break;
            case ICollection list:
                List(to, list, depth);
                break;
            default:
                to.Text(1, Cut(TextOf(value)));
                break;
        }
    }

    private static void Map(ProtoWriter to, IDictionary map, int depth)
    {
        var pairs = to.Begin(6);
        foreach (var entry in Elements(map.GetEnumerator()).Cast<DictionaryEntry>())
        {
            var pair = to.Begin(1);
            to.Text(1, Cut(TextOf(entry.Key)));
            var wrapped = to.Begin(2);
            Value(to, entry.Value, depth + 1);
            to.End(wrapped);
            to.End(pair);
        }

        to.End(pairs);
    }

    private static void List(ProtoWriter to, ICollection list, int depth)
    {
        var values = to.Begin(5);
        foreach (var element in Elements(list.GetEnumerator()))
        {
            var wrapped = to.Begin(1);
            Value(to, element, depth + 1);
            to.End(wrapped);
        }

        to.End(values);
    }

    /// <summary>The first elements, as they are now: a collection that another thread changes meanwhile is shown as far as it could be read.</summary>
    private static List<object?> Elements(IEnumerator of)
    {
        List<object?> found = [];
        try
        {
            while (found.Count < MostElements && of.MoveNext())
            {
                found.Add(of.Current);
            }
        }
        catch (Exception) // a stranger's enumerator may throw anything
        {
            return found;
        }

        return found;
    }
}
