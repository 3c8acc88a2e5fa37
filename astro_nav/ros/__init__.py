"""The only folder that imports rclpy or messages: conversion, parameters, diagnostics and the (thin) nodes."""
