using System.Net;
using System.Text.RegularExpressions;

namespace Tocsin.Tests.Http;

/// <summary>A form as it came back, to be filled in and sent again as a browser without scripts does it.</summary>
internal sealed partial record SentForm(HttpClient Browser, string Path, HttpStatusCode Status, string To, string Raw)
{
    public static async Task<SentForm> OpenAsync(HttpClient browser, string path) => new(browser, path, HttpStatusCode.OK, "", await browser.GetStringAsync(path));

    public string Html { get; } = WebUtility.HtmlDecode(Raw);

    public string this[string field] => Fields().First(f => f.Name == field).Value;

    public Task<SentForm> SendAsync(string button, params (string Name, string Value)[] fields) => SendAsync(button, Browser, fields);

    public async Task<SentForm> SendAsync(string button, HttpClient browser, params (string Name, string Value)[] fields)
    {
        using var response = await PostAsync(browser, Path, button, fields);
        return new(browser, Path, response.StatusCode, response.Headers.Location?.ToString() ?? "", await response.Content.ReadAsStringAsync());
    }

    public async Task<HttpResponseMessage> PostAsync(HttpClient browser, string path, string button, params (string Name, string Value)[] fields)
    {
        var token = browser == Browser ? null : Form().Match(await browser.GetStringAsync("/me")).Groups["value"].Value;
        var all = Fields().Where(f => !fields.Any(o => o.Name == f.Name)).Concat(fields).Append(("do", button))
            .Select(f => KeyValuePair.Create(f.Item1, f.Item1 == "form" && token is not null ? token : f.Item2));
        using var content = new FormUrlEncodedContent(all);
        return await browser.PostAsync(path, content);
    }

    /// <summary>What a browser would send: no unticked boxes, of a choice the chosen.</summary>
    private IEnumerable<(string Name, string Value)> Fields()
    {
        var raw = Raw[Raw.IndexOf("<form class=\"form ", StringComparison.Ordinal)..];
        raw = raw[..raw.IndexOf("</form>", StringComparison.Ordinal)];
        foreach (Match input in Input().Matches(raw))
        {
            if (!Tick().IsMatch(input.Value) || input.Value.Contains(" checked", StringComparison.Ordinal))
            {
                yield return (input.Groups["name"].Value, WebUtility.HtmlDecode(Value().Match(input.Value).Groups["value"].Value));
            }
        }

        foreach (Match select in Select().Matches(raw))
        {
            var options = Option().Matches(select.Groups["options"].Value);
            var chosen = options.FirstOrDefault(o => o.Value.Contains(" selected", StringComparison.Ordinal)) ?? options[0];
            yield return (select.Groups["name"].Value, WebUtility.HtmlDecode(chosen.Groups["value"].Value));
        }
    }

    [GeneratedRegex("type=\"(checkbox|radio)\"", RegexOptions.ExplicitCapture)]
    private static partial Regex Tick();

    [GeneratedRegex("""<input [^>]*name="(?<name>[^"]+)"[^>]*>""", RegexOptions.ExplicitCapture)]
    private static partial Regex Input();

    [GeneratedRegex("""value="(?<value>[^"]*)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Value();

    [GeneratedRegex("""<select [^>]*name="(?<name>[^"]+)"[^>]*>(?<options>.*?)</select>""", RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex Select();

    [GeneratedRegex("""<option value="(?<value>[^"]*)"[^>]*>""", RegexOptions.ExplicitCapture)]
    private static partial Regex Option();

    [GeneratedRegex("""name="form" value="(?<value>[^"]*)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}
