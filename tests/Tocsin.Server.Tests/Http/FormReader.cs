using System.Net;
using System.Text.RegularExpressions;

namespace Tocsin.Tests.Http;

/// <summary>A browser without scripts: it keeps cookies, reads a page and sends the forms on it.</summary>
internal static partial class FormReader
{
    public static async Task<string> PageAsync(this HttpClient browser, string path, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var response = await browser.SendPageAsync(HttpMethod.Get, path, null);
        var html = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, $"{path}: {(int)response.StatusCode} {response.Headers.Location}");
        return WebUtility.HtmlDecode(html);
    }

    /// <summary>Sends the form of a page as it stands there, with these fields filled in.</summary>
    /// <param name="page">Where the form stands.</param>
    /// <param name="to">Where it is sent.</param>
    public static async Task<(HttpStatusCode Status, string To, string Html)> SubmitAsync(this HttpClient browser, string page, string to, params (string Name, string Value)[] fields)
    {
        var html = await browser.PageAsync(page);
        return await browser.SubmitAsync(html, new Uri(browser.BaseAddress!, page), to, fields);
    }

    public static async Task<(HttpStatusCode Status, string To, string Html)> SubmitAsync(this HttpClient browser, string html, Uri page, string to, params (string Name, string Value)[] fields)
    {
        var hidden = Hidden().Matches(html).Select(m => (Name: m.Groups[1].Value, m.Groups[2].Value)).DistinctBy(f => f.Name);
        var all = hidden.Where(h => !fields.Any(f => f.Name == h.Name)).Concat(fields).Select(f => KeyValuePair.Create(f.Name, f.Item2));
        using var request = new HttpRequestMessage(HttpMethod.Post, to) { Content = new FormUrlEncodedContent(all) };
        request.Headers.Referrer = page;
        request.Headers.Accept.ParseAdd("text/html");
        using var response = await browser.SendAsync(request);
        return (response.StatusCode, response.Headers.Location?.ToString() ?? "", WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync()));
    }

    private static Task<HttpResponseMessage> SendPageAsync(this HttpClient browser, HttpMethod method, string path, HttpContent? content)
    {
        var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Accept.ParseAdd("text/html");
        return browser.SendAsync(request);
    }

    [GeneratedRegex("""<input type="hidden" name="(\w+)" value="([^"]*)""")]
    private static partial Regex Hidden();
}
