using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Tocsin.Demo.Fakes;

/// <summary>One mail as a server took it, and as a mail program reads it.</summary>
/// <param name="Raw">The bytes of DATA without the dots of the protocol, as text.</param>
/// <param name="Tls">Whether it came over TLS.</param>
/// <param name="User">Who was logged in; null: nobody.</param>
internal sealed partial record FakeMail(string From, string To, string Raw, bool Tls, string? User)
{
    public string Subject => Words().Replace(EncodedGap().Replace(Header("Subject"), "?==?"), word => Encoding.UTF8.GetString(Convert.FromBase64String(word.Groups["text"].Value)));

    public string Text => Part("text/plain");

    public string Html => Part("text/html");

    /// <summary>The header, unfolded; the empty string if it is not there. Throws if it is there twice.</summary>
    public string Header(string name) => Headers(Raw).SingleOrDefault(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value ?? "";

    private string Part(string type)
    {
        var boundary = Boundary().Match(Header("Content-Type")).Groups["text"].Value;
        var part = Raw.Split($"--{boundary}").Skip(1).FirstOrDefault(part => Headers(part.TrimStart('\r', '\n')).Any(header =>
            header.Name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase) && header.Value.StartsWith(type, StringComparison.Ordinal)));
        return part is null ? "" : Decode(part[(part.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]).Trim();
    }

    private static IEnumerable<(string Name, string Value)> Headers(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        foreach (var line in (end < 0 ? text : text[..end]).Replace("\r\n ", " ", StringComparison.Ordinal).Split("\r\n"))
        {
            if (line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
            {
                yield return (line[..colon], line[(colon + 1)..].Trim());
            }
        }
    }

    private static string Decode(string quotedPrintable)
    {
        var text = quotedPrintable.Replace("=\r\n", "", StringComparison.Ordinal);
        List<byte> bytes = [];
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '=')
            {
                bytes.Add(byte.Parse(text.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                i += 2;
            }
            else
            {
                bytes.Add((byte)text[i]);
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    [GeneratedRegex(@"=\?utf-8\?B\?(?<text>[^?]*)\?=", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Words();

    [GeneratedRegex(@"\?= +=\?", RegexOptions.NonBacktracking)]
    private static partial Regex EncodedGap();

    [GeneratedRegex("boundary=\"(?<text>[^\"]+)\"", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Boundary();
}
