using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Tocsin.Browser.Tests;

internal static class Arrival
{
    /// <summary>
    /// Waits until the page is at an address and loaded. It looks again and again: a wait for the event of a navigation misses one that
    /// happens while the wait begins.
    /// </summary>
    public static async Task ArrivesAtAsync(this IPage page, string address)
    {
        await Expect(page).ToHaveURLAsync(address);
        await page.WaitForLoadStateAsync();
    }

    public static async Task ArrivesAtAsync(this IPage page, Regex address)
    {
        await Expect(page).ToHaveURLAsync(address);
        await page.WaitForLoadStateAsync();
    }
}
