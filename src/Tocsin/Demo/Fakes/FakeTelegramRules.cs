using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Tocsin.Demo.Fakes;

/// <summary>What Telegram takes of a message: its HTML, its length, its buttons.</summary>
internal sealed partial class FakeTelegram
{
    /// <summary>What Telegram does not take of a message.</summary>
    private static FakeAnswer? Fault(JsonObject json)
    {
        var text = Text(json, "text");
        if (text.Length == 0)
        {
            return Refuses(400, "Bad Request: message text is empty");
        }

        if (Text(json, "parse_mode") == "HTML" && !IsHtml(text))
        {
            return Refuses(400, "Bad Request: can't parse entities");
        }

        if (System.Net.WebUtility.HtmlDecode(Tag().Replace(text, "")).Length > 4096)
        {
            return Refuses(400, "Bad Request: message is too long");
        }

        foreach (var key in (json["reply_markup"]?["inline_keyboard"]?.AsArray() ?? []).SelectMany(row => row!.AsArray()).Select(key => key!.AsObject()))
        {
            if (Encoding.UTF8.GetByteCount(Text(key, "callback_data")) > 64)
            {
                return Refuses(400, "Bad Request: BUTTON_DATA_INVALID");
            }

            if (key["url"] is not null && (!Uri.TryCreate(Text(key, "url"), UriKind.Absolute, out var url) || !url.Host.Contains('.', StringComparison.Ordinal)))
            {
                return Refuses(400, "Bad Request: inline keyboard button URL is invalid: Wrong HTTP URL");
            }
        }

        return null;
    }

    private static bool IsHtml(string text)
    {
        Stack<string> open = new();
        foreach (Match tag in Tag().Matches(text))
        {
            var name = tag.Groups["name"].Value;
            if (name is not ("b" or "i" or "code" or "pre") || (tag.Value[1] == '/' && (open.Count == 0 || open.Pop() != name)))
            {
                return false;
            }

            if (tag.Value[1] != '/')
            {
                open.Push(name);
            }
        }

        return open.Count == 0 && !Tag().Replace(text, "").AsSpan().ContainsAny('<', '>') && !Entity().Replace(text, "").Contains('&', StringComparison.Ordinal);
    }

    [GeneratedRegex("</?(?<name>[a-z]+)>", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Tag();

    /// <summary>The only ones that Telegram knows; any other sign should have been escaped.</summary>
    [GeneratedRegex("&(amp|lt|gt|quot);", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Entity();
}
