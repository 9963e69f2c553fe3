using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tocsin.Notify;
using Tocsin.Outgoing;

namespace Tocsin.Providers;

/// <summary>
/// Any gateway that takes one HTTP request: the operator writes its address and body, and places in them are filled in, escaped for where they
/// stand. For carriers of messages and calls that have no provider of their own.
/// </summary>
internal sealed partial class Gateway(GuardedHttp http) : INotifier
{
    private const string Json = "application/json";
    private const string Form = "application/x-www-form-urlencoded";

    public ProviderInfo Info { get; } = new("gateway", "HTTP gateway", new("https://www.rfc-editor.org/rfc/rfc9110"),
    [
        new("url", "The address, with places such as {to} and {text} in its path or query.", Required: true),
        new("method", "GET, POST or PUT. Default: POST."),
        new("body", "What is sent, with places: {to}, {text} (160 characters), {title}, {body}, {incident}, {severity}, {url}, {action_url}, {key}. Default: nothing."),
        new("content_type", $"{Json}, {Form} or text/plain; says how places in the body are escaped. Default: {Json}."),
        new("to", "What {to} stands for, such as a number. Default: nothing."),
        new("token", "What goes into the header Authorization, whole: Bearer … or Basic …. Default: none.", Secret: true),
        ProviderSetting.Updates("yes"),
    ]);

    public IReadOnlyList<Error> Check(ContactMethod method)
    {
        var errors = SettingsCheck.Keys(Info, method);
        if (SettingsCheck.Get(method, "url") is { Length: > 0 } url)
        {
            // Places are never in the host: whom we call is the operator's to say, not an alert's.
            var host = url.IndexOf('/', Math.Min(url.Length, url.IndexOf("//", StringComparison.Ordinal) + 2));
            if (OutgoingUrl.Parse(Place().Replace(url, "x"), "url").Error is { } badUrl)
            {
                errors.Add(badUrl);
            }
            else if (Place().IsMatch(host < 0 ? url : url[..host]))
            {
                errors.Add(Error.Invalid("url", "Places are filled in behind the host only."));
            }
        }

        if (SettingsCheck.Get(method, "method") is not ("" or "GET" or "POST" or "PUT"))
        {
            errors.Add(Error.Invalid("method", "The method is GET, POST or PUT."));
        }

        if (SettingsCheck.Get(method, "content_type") is not ("" or Json or Form or "text/plain"))
        {
            errors.Add(Error.Invalid("content_type", $"The content type is {Json}, {Form} or text/plain."));
        }

        foreach (var key in (string[])["url", "body"])
        {
            foreach (var place in Place().Matches(SettingsCheck.Get(method, key)).Select(m => m.Value).Where(place => !_places.ContainsKey(place)).Distinct(StringComparer.Ordinal))
            {
                errors.Add(Error.Invalid(key, $"There is no place {place}; there are {string.Join(", ", _places.Keys)}."));
            }
        }

        if (SettingsCheck.Get(method, "token").AsSpan().IndexOfAnyExceptInRange(' ', '~') >= 0)
        {
            errors.Add(Error.Invalid("token", "The token has letters, digits and signs of ASCII only."));
        }

        return errors;
    }

    public async Task<SendOutcome> SendAsync(Message message, ContactMethod method, CancellationToken ct)
    {
        if (Check(method) is [var first, ..])
        {
            return new SendOutcome.Refused(first.Detail);
        }

        var verb = SettingsCheck.Get(method, "method") is { Length: > 0 } given ? given : "POST";
        using var request = new HttpRequestMessage(new HttpMethod(verb), Fill(SettingsCheck.Get(method, "url"), message, method, Uri.EscapeDataString));
        if (verb != "GET" && SettingsCheck.Get(method, "body") is { Length: > 0 } body)
        {
            var type = SettingsCheck.Get(method, "content_type") is { Length: > 0 } said ? said : Json;
            Func<string, string> escape = type switch
            {
                Json => static text => JsonEncodedText.Encode(text, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString(),
                Form => Uri.EscapeDataString,
                _ => static text => text,
            };
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(Fill(body, message, method, escape)));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(type, "utf-8");
        }

        if (SettingsCheck.Get(method, "token") is { Length: > 0 } token)
        {
            request.Headers.TryAddWithoutValidation("Authorization", token);
        }

        return (await http.SendAsync(request, ct)).ToOutcome();
    }

    private static readonly Dictionary<string, Func<Message, ContactMethod, string>> _places = new(StringComparer.Ordinal)
    {
        ["{to}"] = static (_, method) => SettingsCheck.Get(method, "to"),
        ["{text}"] = static (message, _) => Sms.Write(message),
        ["{title}"] = static (message, _) => Texts.For(message).Title,
        ["{body}"] = static (message, _) => Texts.For(message).Body,
        ["{incident}"] = static (message, _) => $"{message.Incident}",
        ["{severity}"] = static (message, _) => message.Severity.ToString().ToLowerInvariant(),
        ["{url}"] = static (message, _) => message.IncidentUrl?.AbsoluteUri ?? "",
        ["{action_url}"] = static (message, _) => message.ActionUrl?.AbsoluteUri ?? "",
        ["{key}"] = static (message, _) => message.Key,
    };

    private static string Fill(string template, Message message, ContactMethod method, Func<string, string> escape) =>
        Place().Replace(template, place => escape(_places[place.Value](message, method)));

    // Braces around small letters alone: those of JSON are left as they are.
    [GeneratedRegex("\\{[a-z_]+\\}", RegexOptions.NonBacktracking)]
    private static partial Regex Place();
}
