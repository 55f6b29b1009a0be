# escape=`
FROM mcr.microsoft.com/windows/servercore:ltsc2022 `
  AS base
RUN dir C:\
FROM `
     mcr.microsoft.com/windows/nanoserver:ltsc2022
COPY --from=base C:\a C:\b
RUN echo \\
FROM nginx:1.25
