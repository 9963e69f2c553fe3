using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Tocsin.Estate;
using Tocsin.Notify;
using Tocsin.Outgoing;

namespace Tocsin.Providers;

/// <summary>What SMS and calls share: the account, the numbers, requests and signatures in Twilio's shape, which other carriers speak too.</summary>
internal static partial class Twilio
{
    public const string Sms = "sms";
    public const string Voice = "voice";

    private const string Base = "https://api.twilio.com";
    private const int MostForms = 100;

    /// <param name="sender">What the sender may be, as one sentence.</param>
    public static ProviderSetting[] Settings(string sender) =>
    [
        new("to", "The number of the person, such as +4915112345678.", Required: true),
        new("account_sid", "The account at the carrier, AC….", App: true),
        new("auth_token", "The account's token; it signs what the carrier sends to us, too.", Secret: true, App: true),
        new("sender", sender, App: true),
        new("url", $"The base address of a carrier that speaks the same. Default: {Base}.", App: true),
        ProviderSetting.From("account"),
    ];

    public static List<Error> Check(ProviderInfo info, ContactMethod method)
    {
        var errors = SettingsCheck.Keys(info, method);
        errors.AddRange(((string[])["account_sid", "auth_token", "sender"]).Where(key => SettingsCheck.Get(method, key).Length == 0).Select(key => Error.Invalid(
            key, $"The setting '{key}' is missing: {info.Settings.Single(s => s.Key == key).Help} Give it here, or once in a channel of this type.")));
        if (SettingsCheck.Get(method, "to") is { Length: > 0 } to && !Number().IsMatch(to))
        {
            errors.Add(Error.Invalid("to", "Write the number as + and the country's code, 8 to 15 digits without blanks: +4915112345678."));
        }

        if (SettingsCheck.Get(method, "account_sid") is { Length: > 0 } account && !Account().IsMatch(account))
        {
            errors.Add(Error.Invalid("account_sid", "An account has letters and digits only, such as AC… with 32 digits behind it."));
        }

        if (SettingsCheck.Get(method, "url") is { Length: > 0 } url && OutgoingUrl.Parse(url, "url").Error is { } badUrl)
        {
            errors.Add(badUrl);
        }

        return errors;
    }

    public static bool IsNumber(string text) => Number().IsMatch(text);

    /// <summary>Posts a form to the account.</summary>
    /// <param name="path">Below the account: <c>Messages.json</c>.</param>
    public static async Task<OutgoingAnswer> PostAsync(GuardedHttp http, ContactMethod method, string path, IReadOnlyList<(string Name, string Value)> form, CancellationToken ct)
    {
        var account = SettingsCheck.Get(method, "account_sid");
        var start = SettingsCheck.Get(method, "url") is { Length: > 0 } own ? own.TrimEnd('/') : Base;
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{start}/2010-04-01/Accounts/{account}/{path}");
        request.Content = new FormUrlEncodedContent(form.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{account}:{SettingsCheck.Get(method, "auth_token")}")));
        return await http.SendAsync(request, ct);
    }

    /// <summary>The carrier's own id of what it took; null: the answer has none.</summary>
    public static string? SidOf(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("sid", out var sid) && sid.ValueKind == JsonValueKind.String
                ? PlainText.OneLine(sid.GetString(), 64)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// The form of a request whose signature is right: HMAC-SHA1 over the whole address and the sorted fields, by the token of an account of this
    /// workspace.
    /// </summary>
    public static Result<IReadOnlyDictionary<string, string>> ReadSigned(ReplyRequest request, string type)
    {
        if (request.ContentType != "application/x-www-form-urlencoded" || request.Url is not { } url)
        {
            return Error.Forbidden("The request is not a signed form, or no public address is known here.");
        }

        Dictionary<string, StringValues> form;
        try
        {
            using var reader = new FormReader(Encoding.UTF8.GetString(request.Body.Span)) { ValueCountLimit = MostForms };
            form = reader.ReadForm();
        }
        catch (InvalidDataException)
        {
            return Error.Forbidden("The form has too many fields.");
        }

        var fields = form.ToDictionary(field => field.Key, field => field.Value.ToString(), StringComparer.Ordinal);
        var given = request.Headers("X-Twilio-Signature");
        var account = fields.GetValueOrDefault("AccountSid");
        var tokens = Methods(request.Estate).Where(m => m.Type == type && SettingsCheck.Get(m, "account_sid") == account).Select(m => SettingsCheck.Get(m, "auth_token"))
            .Where(token => token.Length > 0).Distinct(StringComparer.Ordinal);
        return tokens.Any(token => AreSame(Sign(token, url.AbsoluteUri, fields), given))
            ? fields
            : Error.Forbidden("The signature does not belong to this form and an account of this workspace.");
    }

    /// <summary>As the header <c>X-Twilio-Signature</c> carries it.</summary>
    public static string Sign(string token, string url, IReadOnlyDictionary<string, string> fields)
    {
        var text = new StringBuilder(url);
        foreach (var (name, value) in fields.OrderBy(field => field.Key, StringComparer.Ordinal))
        {
            text.Append(name).Append(value);
        }

#pragma warning disable CA5350 // The carrier's protocol asks for it; HMAC does not suffer from SHA-1's collisions.
        return Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(text.ToString())));
#pragma warning restore CA5350
    }

    private static IEnumerable<ContactMethod> Methods(EstateSnapshot estate) => estate.Model.Users.Values.SelectMany(user => user.Contact).Concat(estate.Model.Channels.Values);

    // Hashes of both are compared, so that neither the length nor the place of the first difference can be timed.
    private static bool AreSame(string ours, string theirs) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(ours)), SHA256.HashData(Encoding.UTF8.GetBytes(theirs)));

    [GeneratedRegex("^\\+[1-9][0-9]{7,14}$", RegexOptions.NonBacktracking)]
    private static partial Regex Number();

    [GeneratedRegex("^[A-Za-z0-9]{2,64}$", RegexOptions.NonBacktracking)]
    private static partial Regex Account();
}
