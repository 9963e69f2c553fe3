using System.Globalization;
using System.Text;

namespace Tocsin.Alerts;

/// <summary>
/// The identity that Prometheus and Alertmanager give to a set of labels: 64-bit FNV-1a over name, 0xFF, value, 0xFF of each label,
/// sorted by the bytes of the name. Not made against forgery: whoever may send alerts can make two sets meet.
/// </summary>
public static class PrometheusFingerprint
{
    private const ulong Offset = 14695981039346656037;
    private const ulong Prime = 1099511628211;
    private const byte Separator = 0xFF;

    public static ulong Of(LabelSet labels)
    {
        var pairs = labels.AsSpan();
        foreach (var (name, _) in pairs)
        {
            // A label set is sorted by UTF-16 units, which is another order than that of the bytes from the first surrogate on.
            if (name.AsSpan().IndexOfAnyInRange('\uD800', '\uFFFF') >= 0)
            {
                pairs = labels.OrderBy(p => p.Key, Utf8Order).ToArray();
                break;
            }
        }

        var hash = Offset;
        foreach (var (name, value) in pairs)
        {
            hash = Add(hash, name);
            hash = Add(hash, value);
        }

        return hash;
    }

    /// <summary>Sixteen lower-case hexadecimal digits, as Alertmanager prints it.</summary>
    public static string Text(ulong fingerprint) => fingerprint.ToString("x16", CultureInfo.InvariantCulture);

    private static Comparer<string> Utf8Order { get; } = Comparer<string>.Create(
        static (a, b) => Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b)));

    private static ulong Add(ulong hash, string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] >= 0x80)
            {
                return (AddWide(hash, text.AsSpan(i)) ^ Separator) * Prime;
            }

            hash = (hash ^ text[i]) * Prime;
        }

        return (hash ^ Separator) * Prime;
    }

    private static ulong AddWide(ulong hash, ReadOnlySpan<char> text)
    {
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            foreach (var b in utf8[..rune.EncodeToUtf8(utf8)])
            {
                hash = (hash ^ b) * Prime;
            }
        }

        return hash;
    }
}
